"""kazoo at the other end of a counter and a queue that this project's client uses too; a line from the test between the steps."""
import sys

from kazoo.client import KazooClient

zk = KazooClient(hosts=sys.argv[1])
zk.start(timeout=20)
counter = zk.Counter("/shared/counter")
queue = zk.LockingQueue("/shared/queue")


def say(text):
    print(text, flush=True)
    sys.stdin.readline()


counter += 2
queue.put(b"from kazoo", 5)
say("counted and put")
say("counter %d" % counter.value)
say("got %s" % queue.get(20).decode())
queue.consume()
say("left %d" % len(queue))
zk.stop()
