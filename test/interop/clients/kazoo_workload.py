"""A session's work with kazoo, as an application does it. Prints what it saw, one line for each claim, with nothing in
it that the clock or a session id decides, so that the lines can be compared between two servers.

Usage: kazoo_workload.py HOST:PORT. After the line "restart the server" it waits for a line on standard input.
"""
import logging
import sys
import threading

from kazoo.client import KazooClient, KazooState
from kazoo.exceptions import KazooException, LockTimeout
from kazoo.protocol.states import EventType
from kazoo.security import make_acl, make_digest_acl

logging.basicConfig(level=logging.ERROR)
hosts = sys.argv[1]


def client(**more):
    made = KazooClient(hosts=hosts, timeout=20, **more)
    made.start(timeout=15)
    return made


def show(*words):
    print(*words, flush=True)


def outcome(call, *arguments, **named):
    """The result of a call, or the name of the ZooKeeper error it ended with."""
    try:
        return call(*arguments, **named)
    except KazooException as error:
        return type(error).__name__


def stat(found):
    return None if found is None else (
        found.version, found.cversion, found.aversion, found.dataLength, found.numChildren,
        found.ephemeralOwner != 0, found.mzxid >= found.czxid, abs(found.ctime - found.mtime) < 60000)


def basics(zk):
    show('create', zk.create('/app', b'one'))
    show('again', outcome(zk.create, '/app', b'two'))
    show('deep', zk.create('/app/x/y/z', b'', makepath=True))
    show('stat of create', outcome(lambda: stat(zk.create('/app/st', b'abc', include_data=True)[1])))
    show('get', zk.get('/app')[0], stat(zk.get('/app')[1]))
    show('set', stat(zk.set('/app', b'two')))
    show('bad version', outcome(zk.set, '/app', b'x', version=7))
    show('good version', stat(zk.set('/app', b'three', version=1)))
    show('exists', stat(zk.exists('/app/x')), zk.exists('/app/nothing'))
    show('missing', outcome(zk.get, '/app/nothing'))
    show('children', sorted(zk.get_children('/app')))
    show('children and stat', stat(zk.get_children('/app', include_data=True)[1]))
    show('not empty', outcome(zk.delete, '/app'))
    show('delete', zk.delete('/app/st', version=0))
    show('big', len(zk.get(zk.create('/app/big', b'x' * 900000))[0]))
    show('unicode', zk.create('/app/\u017eluťoučký kůň'), len(zk.get_children('/app')))


def sequences(zk):
    zk.ensure_path('/seq')
    show([zk.create('/seq/n-', b'', sequence=True) for _ in range(3)])
    show(zk.create('/seq/e-', b'', sequence=True, ephemeral=True))
    show('below an ephemeral', outcome(zk.create, '/seq/e-0000000003/x'))
    show([zk.create_async('/seq/a-', b'', sequence=True) .get(timeout=10) for _ in range(3)])
    pending = [zk.create_async('/seq/p-%d' % i, str(i).encode()) for i in range(1000)]
    show('pipelined', sum(1 for p in pending if p.get(timeout=20).startswith('/seq/p-')))
    show('counted', len(zk.get_children('/seq')))
    reads = [zk.get_async('/seq/p-%d' % i) for i in range(1000)]
    show('read back', all(r.get(timeout=20)[0] == str(i).encode() for i, r in enumerate(reads)))
    zk.delete('/seq', recursive=True)
    show('gone', zk.exists('/seq'))


def ephemerals(zk):
    other = client()
    other.create('/app/mine', b'', ephemeral=True)
    show('ephemeral is owned', zk.get('/app/mine')[1].ephemeralOwner == other.client_id[0])
    gone = threading.Event()
    seen = []

    def watch(event):
        seen.append((event.type, event.path))
        gone.set()
    zk.exists('/app/mine', watch=watch)
    other.stop()
    show('gone with its session', gone.wait(10), seen, zk.exists('/app/mine'))
    other.close()


def watches(zk):
    zk.create('/w', b'0')
    seen = []
    done = threading.Event()

    @zk.DataWatch('/w')
    def data(value, found, event):
        seen.append((value, found and found.version, event and event.type))
        if value == b'end':
            done.set()
    children_seen = []
    all_children = threading.Event()

    @zk.ChildrenWatch('/w')
    def children(names):
        children_seen.append(sorted(names))
        if len(names) == 2:
            all_children.set()
            return False
        return True
    zk.set('/w', b'end')
    show('data watch', done.wait(10), seen[-1])
    zk.create('/w/a')
    zk.create('/w/b')
    show('children watch', all_children.wait(10), children_seen[-1])
    events = []
    fired = threading.Event()

    def one_shot(event):
        events.append((event.type, event.path))
        fired.set()
    show('child watch', sorted(zk.get_children('/w', watch=one_shot)))
    zk.delete('/w/a')
    show('fired once', fired.wait(10), events)
    zk.delete('/w/b')
    zk.sync('/w')
    show('and no more', events)
    removed = threading.Event()
    zk.exists('/w', watch=lambda event: event.type == EventType.DELETED and removed.set())
    zk.delete('/w', recursive=True)
    show('deletion seen', removed.wait(10))


def recipes(zk):
    other = client()
    first, second = zk.Lock('/lock', 'first'), other.Lock('/lock', 'second')
    show('lock', first.acquire(timeout=10), second.acquire(blocking=False), first.contenders())
    waiter = threading.Thread(target=lambda: second.acquire(timeout=20))
    waiter.start()
    show('contenders', wait_for(lambda: len(first.contenders()) == 2))
    first.release()
    waiter.join(20)
    show('handed over', second.is_acquired, first.contenders())
    try:
        zk.Lock('/lock', 'third').acquire(timeout=0.2)
        show('no timeout')
    except LockTimeout:
        show('lock timeout')
    second.release()

    order = []
    elected = threading.Event()

    def lead(name):
        order.append(name)
        elected.set()
    elections = [zk.Election('/election', 'one'), other.Election('/election', 'two')]
    for election, name in zip(elections, ('one', 'two')):
        runner = threading.Thread(target=election.run, args=(lead, name))
        runner.start()
        runner.join(20)
    show('elected', elected.wait(10), order)

    semaphores = [made.Semaphore('/semaphore', max_leases=2) for made in (zk, other)]
    show('semaphore', [s.acquire(timeout=10) for s in semaphores],
         len(semaphores[0].lease_holders()))
    for semaphore in semaphores:
        semaphore.release()

    counter = zk.Counter('/counter')
    counter += 3
    counter -= 1
    show('counter', counter.value, other.Counter('/counter').value)

    queue = zk.Queue('/queue')
    for item in (b'b', b'c'):
        queue.put(item)
    queue.put(b'a', priority=10)
    show('queue', len(queue), [other.Queue('/queue').get() for _ in range(4)])

    party = zk.Party('/party', 'me')
    party.join()
    show('party', list(other.Party('/party')))
    party.leave()
    show('left', list(other.Party('/party')))

    barrier = zk.Barrier('/barrier')
    barrier.create()
    show('barrier', other.Barrier('/barrier').wait(0.2), barrier.remove(),
         other.Barrier('/barrier').wait(10))
    double = [threading.Thread(target=made.DoubleBarrier('/double', 2).enter) for made in (zk, other)]
    for thread in double:
        thread.start()
    for thread in double:
        thread.join(20)
    show('double barrier', [thread.is_alive() for thread in double])
    other.stop()
    other.close()


def acls(zk):
    mine = make_digest_acl('ann', 'secret', all=True)
    read = make_acl('world', 'anyone', read=True)
    zk.create('/acl', b'top secret', acl=[mine])
    show('not mine yet', outcome(zk.get, '/acl'), outcome(zk.set, '/acl', b''))
    stranger = client()
    show('add_auth', zk.add_auth('digest', 'ann:secret'))
    show('mine', zk.get('/acl')[0], zk.get_acls('/acl')[0] == [mine])
    show('set_acls', stat(zk.set_acls('/acl', [mine, read])))
    show('readable', stranger.get('/acl')[0], outcome(stranger.set, '/acl', b''),
         outcome(stranger.set_acls, '/acl', [read]))
    show('hidden', [(a.perms, a.id.scheme, a.id.id) for a in stranger.get_acls('/acl')[0]])
    show('below', outcome(stranger.create, '/acl/x'), outcome(stranger.delete, '/acl/x'))
    show('bad acl', outcome(zk.create, '/acl/bad', acl=[make_acl('nosuch', 'x', all=True)]))
    show('wrong auth', wrong_auth())
    stranger.stop()
    stranger.close()
    zk.delete('/acl')


def wrong_auth():
    other = client()
    return outcome(other.add_auth, 'nosuch', 'x')


def transactions(zk):
    zk.create('/t', b'')
    good = zk.transaction()
    good.create('/t/a', b'1')
    good.create('/t/s-', b'', sequence=True)
    good.set_data('/t/a', b'2')
    good.check('/t/a', version=1)
    good.create('/t/b')
    good.delete('/t/b')
    results = good.commit()
    show('commit', [stat(r) if hasattr(r, 'version') else r for r in results])
    bad = zk.transaction()
    bad.create('/t/c', b'')
    bad.check('/t/a', version=9)
    bad.create('/t/d', b'')
    show('rolled back', [type(r).__name__ for r in bad.commit()], sorted(zk.get_children('/t')))
    zk.delete('/t', recursive=True)


def restart(zk):
    """The server stops and starts again; the session, its ephemerals and its watches outlive that."""
    states = []
    reconnected = threading.Event()

    def listener(state):
        states.append(state)
        if state == KazooState.CONNECTED:
            reconnected.set()
    zk.add_listener(listener)
    zk.create('/app/stays', b'still here', ephemeral=True)
    session = zk.client_id
    show('restart the server')
    sys.stdin.readline()
    show('reconnected', reconnected.wait(30), KazooState.LOST in states)
    show('the same session', zk.client_id == session)
    show('ephemeral', zk.get('/app/stays')[0], zk.get('/app/stays')[1].ephemeralOwner == session[0])
    show('data', zk.get('/app')[0], len(zk.get('/app/big')[0]))


def wait_for(probe, seconds=10):
    pause = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if probe():
            return True
        pause.wait(0.02)
    return False


def main():
    zk = client()
    show('connected', zk.state, zk.server_version()[:2] >= (3, 4))
    show('words', zk.command(b'ruok'))
    for part in (basics, sequences, ephemerals, watches, recipes, acls, transactions, restart):
        part(zk)
    zk.delete('/app', recursive=True)
    zk.stop()
    zk.close()
    show('done')


main()
