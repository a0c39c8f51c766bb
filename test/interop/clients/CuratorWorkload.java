/*
 * A session's work with Apache Curator and the Java client below it. Prints one line for each claim, with nothing in it
 * that the clock or a session id decides, so that the lines can be compared between two servers.
 *
 * Usage: CuratorWorkload HOST:PORT. After the line "restart the server" it waits for a line on standard input.
 */
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.curator.framework.api.transaction.CuratorTransactionResult;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;
import org.apache.curator.framework.recipes.cache.PathChildrenCache;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.nodes.GroupMember;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.curator.framework.recipes.queue.SimpleDistributedQueue;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.Stat;

public final class CuratorWorkload {
    private final String hosts;
    private final CuratorFramework client;

    private CuratorWorkload(String hosts) throws Exception {
        this.hosts = hosts;
        this.client = connect();
    }

    private CuratorFramework connect() throws Exception {
        CuratorFramework made = CuratorFrameworkFactory.builder()
            .connectString(hosts)
            .sessionTimeoutMs(20_000)
            .connectionTimeoutMs(15_000)
            .retryPolicy(new RetryOneTime(100))
            .build();
        made.start();
        if (!made.blockUntilConnected(15, TimeUnit.SECONDS)) {
            throw new IllegalStateException("no connection to " + hosts);
        }
        return made;
    }

    private static void show(String what, Object... values) {
        StringBuilder line = new StringBuilder(what).append(':');
        for (Object value : values) {
            line.append(' ').append(value);
        }
        System.out.println(line);
    }

    private static String stat(Stat stat) {
        return stat == null ? "none" : String.format("version=%d cversion=%d aversion=%d length=%d children=%d owned=%b",
            stat.getVersion(), stat.getCversion(), stat.getAversion(), stat.getDataLength(), stat.getNumChildren(),
            stat.getEphemeralOwner() != 0);
    }

    private static String text(byte[] data) {
        return new String(data, StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String outcome(Callable<?> call) {
        try {
            return String.valueOf(call.call());
        } catch (KeeperException e) {
            return e.code().name();
        } catch (Exception e) {
            return e.getClass().getSimpleName();
        }
    }

    private static boolean eventually(Callable<Boolean> probe) throws Exception {
        for (int i = 0; i < 1_000; i++) {
            if (probe.call()) {
                return true;
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
        return false;
    }

    private void basics() throws Exception {
        show("create", client.create().creatingParentsIfNeeded().forPath("/curator/app", bytes("one")));
        show("containers", client.create().creatingParentContainersIfNeeded().forPath("/boxes/inner/leaf"));
        Stat created = new Stat();
        client.create().storingStatIn(created).withMode(CreateMode.EPHEMERAL).forPath("/curator/eph", bytes("e"));
        show("stat", stat(created));
        show("sequence", client.create().withMode(CreateMode.PERSISTENT_SEQUENTIAL).forPath("/curator/s-"),
            client.create().withMode(CreateMode.EPHEMERAL_SEQUENTIAL).forPath("/curator/s-"));
        String guarded = client.create().withProtection().withMode(CreateMode.EPHEMERAL).forPath("/curator/guarded");
        show("protection", guarded.matches("/curator/_c_[0-9a-f-]{36}-guarded"));
        client.delete().guaranteed().forPath(guarded);
        show("ttl", client.create().withTtl(3_600_000).withMode(CreateMode.PERSISTENT_WITH_TTL).forPath("/curator/ttl"));
        show("exists", stat(client.checkExists().forPath("/curator/app")), stat(client.checkExists().forPath("/no")));
        show("set", stat(client.setData().withVersion(0).forPath("/curator/app", bytes("two"))));
        show("bad version", outcome(() -> client.setData().withVersion(0).forPath("/curator/app", bytes("x"))));
        show("get", text(client.getData().forPath("/curator/app")));
        show("compressed", client.create().compressed().forPath("/curator/z", new byte[5_000]),
            client.getData().decompressed().forPath("/curator/z").length);
        show("children", new TreeSet<>(client.getChildren().forPath("/curator")));
        show("not empty", outcome(() -> client.delete().forPath("/curator")));
        show("config", client.getConfig().forEnsemble().length);
        show("reconfig", outcome(() -> client.reconfig().joining("server.9=localhost:1:2;3").forEnsemble()));
        show("missing", outcome(() -> client.getData().forPath("/nothing")));
    }

    private void transactions() throws Exception {
        List<CuratorTransactionResult> results = client.transaction().forOperations(
            client.transactionOp().create().forPath("/curator/t", bytes("1")),
            client.transactionOp().create().withMode(CreateMode.CONTAINER).forPath("/curator/t/box"),
            client.transactionOp().setData().withVersion(0).forPath("/curator/t", bytes("2")),
            client.transactionOp().check().withVersion(1).forPath("/curator/t"),
            client.transactionOp().delete().forPath("/curator/t/box"));
        for (CuratorTransactionResult result : results) {
            show("in the transaction", result.getType(), result.getForPath(), stat(result.getResultStat()));
        }
        CuratorOp good = client.transactionOp().create().forPath("/curator/t/no");
        CuratorOp bad = client.transactionOp().check().withVersion(9).forPath("/curator/t");
        try {
            client.transaction().forOperations(good, bad, good);
            show("rolled back", false);
        } catch (KeeperException.BadVersionException e) {
            List<String> codes = new ArrayList<>();
            for (OpResult result : e.getResults()) {
                codes.add(result instanceof OpResult.ErrorResult
                    ? String.valueOf(((OpResult.ErrorResult) result).getErr()) : result.getClass().getSimpleName());
            }
            show("rolled back", codes, stat(client.checkExists().forPath("/curator/t/no")));
        }
    }

    private void locks() throws Exception {
        try (CuratorFramework other = connect()) {
            InterProcessMutex first = new InterProcessMutex(client, "/locks/mutex");
            InterProcessMutex second = new InterProcessMutex(other, "/locks/mutex");
            show("mutex", first.acquire(10, TimeUnit.SECONDS), second.acquire(200, TimeUnit.MILLISECONDS));
            CountDownLatch taken = new CountDownLatch(1);
            Thread waiter = new Thread(() -> {
                try {
                    second.acquire();
                    taken.countDown();
                    second.release();
                } catch (Exception e) {
                    e.printStackTrace();
                }
            });
            waiter.start();
            show("two contend", eventually(() -> first.getParticipantNodes().size() == 2));
            first.release();
            show("handed over", taken.await(10, TimeUnit.SECONDS));
            waiter.join(10_000);

            InterProcessReadWriteLock here = new InterProcessReadWriteLock(client, "/locks/rw");
            InterProcessReadWriteLock there = new InterProcessReadWriteLock(other, "/locks/rw");
            show("read locks", here.readLock().acquire(10, TimeUnit.SECONDS),
                there.readLock().acquire(10, TimeUnit.SECONDS), there.writeLock().acquire(200, TimeUnit.MILLISECONDS));
            here.readLock().release();
            there.readLock().release();
            show("write lock", there.writeLock().acquire(10, TimeUnit.SECONDS),
                here.readLock().acquire(200, TimeUnit.MILLISECONDS));
            there.writeLock().release();

            InterProcessSemaphoreV2 semaphore = new InterProcessSemaphoreV2(client, "/locks/semaphore", 2);
            show("leases", semaphore.acquire(2, 10, TimeUnit.SECONDS).size(),
                semaphore.acquire(200, TimeUnit.MILLISECONDS));
        }
    }

    private void leaders() throws Exception {
        CuratorFramework other = connect();
        LeaderLatch first = new LeaderLatch(client, "/leader", "first");
        LeaderLatch second = new LeaderLatch(other, "/leader", "second");
        first.start();
        show("leads", first.await(10, TimeUnit.SECONDS));
        second.start();
        show("participants", eventually(() -> first.getParticipants().size() == 2), second.hasLeadership());
        first.close();
        show("follows", second.await(10, TimeUnit.SECONDS), second.getLeader().getId());
        // The session ends with the client, and its place is given up with it.
        other.close();
        try (LeaderLatch third = new LeaderLatch(client, "/leader", "third")) {
            third.start();
            show("after the session of the leader", third.await(10, TimeUnit.SECONDS));
        }
    }

    private void caches() throws Exception {
        client.create().forPath("/cache", bytes("root"));
        client.create().forPath("/cache/before", bytes("b"));
        Set<String> seen = new ConcurrentSkipListSet<>();
        CountDownLatch ready = new CountDownLatch(1);
        try (CuratorCache cache = CuratorCache.build(client, "/cache");
             PathChildrenCache children = new PathChildrenCache(client, "/cache", true)) {
            cache.listenable().addListener(CuratorCacheListener.builder()
                .forCreates(node -> seen.add("created " + node.getPath() + " " + text(node.getData())))
                .forChanges((old, node) -> seen.add("changed " + node.getPath() + " " + text(node.getData())))
                .forDeletes(node -> seen.add("deleted " + node.getPath()))
                .forInitialized(ready::countDown)
                .build());
            cache.start();
            children.start(PathChildrenCache.StartMode.BUILD_INITIAL_CACHE);
            show("initialized", ready.await(10, TimeUnit.SECONDS));
            client.create().forPath("/cache/a", bytes("1"));
            client.create().forPath("/cache/a/b", bytes("2"));
            client.create().forPath("/cache/a/b/c", bytes("3"));
            show("deep", eventually(() -> seen.contains("created /cache/a/b/c 3")));
            client.setData().forPath("/cache/a/b/c", bytes("4"));
            show("deep change", eventually(() -> seen.contains("changed /cache/a/b/c 4")));
            show("path children", eventually(() -> children.getCurrentData().size() == 2));
            client.delete().deletingChildrenIfNeeded().forPath("/cache/a");
            show("deep delete", eventually(() -> seen.contains("deleted /cache/a")));
            show("path children after", eventually(() -> children.getCurrentData().size() == 1));
            for (String line : seen) {
                show("cache saw", line);
            }
            show("cached", cache.size());
        }
    }

    private void persistentWatches() throws Exception {
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        client.create().forPath("/pw");
        client.watchers().add().withMode(AddWatchMode.PERSISTENT_RECURSIVE)
            .usingWatcher((org.apache.zookeeper.Watcher) event -> seen.add(event.getType() + " " + event.getPath()))
            .forPath("/pw");
        client.create().forPath("/pw/a");
        client.create().forPath("/pw/a/b");
        client.setData().forPath("/pw/a/b", bytes("x"));
        client.setData().forPath("/pw", bytes("x"));
        client.delete().forPath("/pw/a/b");
        show("all events", eventually(() -> seen.size() >= 5), seen);
        client.watchers().removeAll().forPath("/pw");
        show("removed", eventually(() -> seen.contains("PersistentWatchRemoved /pw")));
        show("none left", outcome(() -> client.watchers().removeAll().forPath("/pw")));
    }

    private void recipes() throws Exception {
        DistributedAtomicLong counter = new DistributedAtomicLong(client, "/counter", new RetryOneTime(10));
        for (int i = 0; i < 5; i++) {
            counter.increment();
        }
        show("counter", counter.get().postValue());
        try (SharedCount shared = new SharedCount(client, "/shared", 7)) {
            shared.start();
            show("shared count", shared.getCount(), shared.trySetCount(shared.getVersionedValue(), 8));
        }
        SimpleDistributedQueue queue = new SimpleDistributedQueue(client, "/queue");
        show("offer", queue.offer(bytes("q1")), queue.offer(bytes("q2")));
        show("poll", text(queue.poll()), text(queue.take()), queue.poll());
        DistributedBarrier barrier = new DistributedBarrier(client, "/barrier");
        barrier.setBarrier();
        show("barrier", barrier.waitOnBarrier(100, TimeUnit.MILLISECONDS));
        barrier.removeBarrier();
        show("lifted", barrier.waitOnBarrier(10, TimeUnit.SECONDS));
        try (GroupMember member = new GroupMember(client, "/group", "me", bytes("here"))) {
            member.start();
            show("member", eventually(() -> member.getCurrentMembers().containsKey("me")));
        }
        show("acl", client.create().withACL(ZooDefs.Ids.READ_ACL_UNSAFE).forPath("/readonly"),
            outcome(() -> client.setData().forPath("/readonly", bytes("x"))), client.getACL().forPath("/readonly"));
        Collection<String> many = new ArrayList<>();
        CountDownLatch done = new CountDownLatch(1_000);
        client.create().forPath("/many");
        for (int i = 0; i < 1_000; i++) {
            client.create().inBackground((framework, event) -> {
                if (event.getResultCode() == 0) {
                    synchronized (many) {
                        many.add(event.getPath());
                    }
                }
                done.countDown();
            }).forPath("/many/" + i);
        }
        show("in the background", done.await(30, TimeUnit.SECONDS), many.size());
    }

    /** Parents that were made as containers go when their last child has gone (znode.container.checkIntervalMs). */
    private void containers() throws Exception {
        client.delete().forPath("/boxes/inner/leaf");
        show("empty containers go", eventually(() -> client.checkExists().forPath("/boxes") == null));
    }

    private void restart() throws Exception {
        CountDownLatch suspended = new CountDownLatch(1);
        CountDownLatch reconnected = new CountDownLatch(1);
        List<ConnectionState> states = Collections.synchronizedList(new ArrayList<>());
        client.getConnectionStateListenable().addListener((framework, state) -> {
            states.add(state);
            if (state == ConnectionState.SUSPENDED) {
                suspended.countDown();
            }
            if (state == ConnectionState.RECONNECTED) {
                reconnected.countDown();
            }
        });
        long session = client.getZookeeperClient().getZooKeeper().getSessionId();
        InterProcessMutex mutex = new InterProcessMutex(client, "/locks/kept");
        mutex.acquire();
        try (PersistentNode node = new PersistentNode(client, CreateMode.EPHEMERAL, false, "/persistent", bytes("p"))) {
            node.start();
            show("persistent node", node.waitForInitialCreate(10, TimeUnit.SECONDS));
            System.out.println("restart the server");
            System.in.read();
            show("suspended and back", suspended.await(30, TimeUnit.SECONDS), reconnected.await(30, TimeUnit.SECONDS),
                states.contains(ConnectionState.LOST));
            show("the same session", session == client.getZookeeperClient().getZooKeeper().getSessionId());
            show("ephemeral", stat(client.checkExists().forPath("/curator/eph")),
                client.checkExists().forPath("/persistent") != null);
            show("still locked", mutex.isAcquiredInThisProcess(), mutex.getParticipantNodes().size());
            mutex.release();
        }
        show("data", text(client.getData().forPath("/curator/app")), client.getChildren().forPath("/many").size());
    }

    private void all() throws Exception {
        basics();
        transactions();
        locks();
        leaders();
        caches();
        persistentWatches();
        recipes();
        containers();
        restart();
        client.close();
        System.out.println("done");
    }

    public static void main(String[] args) throws Exception {
        new CuratorWorkload(args[0]).all();
        System.exit(0);
    }
}
