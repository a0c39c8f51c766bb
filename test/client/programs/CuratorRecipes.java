import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.retry.RetryOneTime;

/** Curator at the other end of locks that this project's client uses too; a line from the test between the steps. */
public class CuratorRecipes {
    private static final BufferedReader in = new BufferedReader(new InputStreamReader(System.in));

    private static void say(String text) throws Exception {
        System.out.println(text);
        System.out.flush();
        in.readLine();
    }

    public static void main(String[] args) throws Exception {
        CuratorFramework client = CuratorFrameworkFactory.newClient(args[0], new RetryOneTime(100));
        client.start();
        InterProcessMutex mutex = new InterProcessMutex(client, "/shared/lock");
        mutex.acquire();
        say("holds the lock");
        mutex.release();
        say("has released it");
        say("gets it: " + mutex.acquire(300, TimeUnit.MILLISECONDS));
        say("gets it now: " + mutex.acquire(20, TimeUnit.SECONDS));
        InterProcessReadWriteLock both = new InterProcessReadWriteLock(client, "/shared/both");
        say("reads: " + both.readLock().acquire(20, TimeUnit.SECONDS));
        both.readLock().release();
        say("reads no more");
        say("reads again: " + both.readLock().acquire(300, TimeUnit.MILLISECONDS));
        LeaderLatch latch = new LeaderLatch(client, "/shared/leader", "curator");
        latch.start();
        latch.await();
        say("leads");
        latch.close();
        client.close();
        System.out.println("done");
    }
}
