/*
 * A session's work with ZooKeeper's C client. Prints one line for each claim, with nothing in it that the clock or a
 * session id decides, so that the lines can be compared between two servers.
 *
 * Usage: c_workload HOST:PORT. After the line "restart the server" it waits for a line on standard input.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zookeeper/zookeeper.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int connected;
static int expired;
static int connections;
static char last_event[256];
static int event_count;
static int completions;
static int failures;

static void session_watcher(zhandle_t *zh, int type, int state, const char *path, void *context)
{
    pthread_mutex_lock(&lock);
    if (type == ZOO_SESSION_EVENT) {
        connected = state == ZOO_CONNECTED_STATE;
        if (connected)
            connections++;
        if (state == ZOO_EXPIRED_SESSION_STATE)
            expired = 1;
    }
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void node_watcher(zhandle_t *zh, int type, int state, const char *path, void *context)
{
    if (type == ZOO_SESSION_EVENT)
        return;
    pthread_mutex_lock(&lock);
    snprintf(last_event, sizeof last_event, "%s %d %s", (const char *)context, type, path);
    event_count++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

/* Waits until *counter reaches wanted, for 20 seconds at most. */
static int wait_for(int *counter, int wanted)
{
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += 20;
    pthread_mutex_lock(&lock);
    while (*counter < wanted) {
        if (pthread_cond_timedwait(&changed, &lock, &deadline) != 0)
            break;
    }
    int reached = *counter >= wanted;
    pthread_mutex_unlock(&lock);
    return reached;
}

static void show_stat(const char *what, int rc, const struct Stat *stat)
{
    if (rc != ZOK) {
        printf("%s: %s\n", what, zerror(rc));
        return;
    }
    printf("%s: version=%d cversion=%d aversion=%d length=%d children=%d owned=%d\n", what, stat->version,
           stat->cversion, stat->aversion, stat->dataLength, stat->numChildren, stat->ephemeralOwner != 0);
}

static int by_name(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void show_children(zhandle_t *zh, const char *path)
{
    struct String_vector names;
    struct Stat stat;
    int rc = zoo_get_children2(zh, path, 0, &names, &stat);
    show_stat(path, rc, &stat);
    if (rc != ZOK)
        return;
    qsort(names.data, names.count, sizeof *names.data, by_name);
    for (int i = 0; i < names.count; i++)
        printf("  %s\n", names.data[i]);
    deallocate_String_vector(&names);
}

static void basics(zhandle_t *zh)
{
    char path[256];
    char data[256];
    int length = sizeof data;
    struct Stat stat;

    printf("create: %s\n", zerror(zoo_create(zh, "/c", "one", 3, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path)));
    printf("again: %s\n", zerror(zoo_create(zh, "/c", "one", 3, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0)));
    int rc = zoo_create2(zh, "/c/two", NULL, -1, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path, &stat);
    show_stat("create2", rc, &stat);
    for (int i = 0; i < 3; i++) {
        rc = zoo_create(zh, "/c/s-", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_PERSISTENT_SEQUENTIAL, path, sizeof path);
        printf("sequence: %s %s\n", zerror(rc), path);
    }
    rc = zoo_create(zh, "/c/e", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_EPHEMERAL, path, sizeof path);
    printf("ephemeral: %s\n", zerror(rc));
    rc = zoo_create(zh, "/c/e/x", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, path, sizeof path);
    printf("below it: %s\n", zerror(rc));
    rc = zoo_create(zh, "/box", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_CONTAINER, path, sizeof path);
    printf("container: %s %s\n", zerror(rc), path);
    rc = zoo_create2_ttl(zh, "/c/ttl", "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_PERSISTENT_WITH_TTL, 3600000, path,
                         sizeof path, &stat);
    show_stat("ttl", rc, &stat);
    rc = zoo_get(zh, "/c", 0, data, &length, &stat);
    printf("get: %.*s\n", length, data);
    show_stat("get", rc, &stat);
    show_stat("set", zoo_set2(zh, "/c", "uno", 3, 0, &stat), &stat);
    printf("bad version: %s\n", zerror(zoo_set(zh, "/c", "x", 1, 7)));
    show_stat("exists", zoo_exists(zh, "/c", 0, &stat), &stat);
    printf("missing: %s\n", zerror(zoo_exists(zh, "/nothing", 0, &stat)));
    printf("not empty: %s\n", zerror(zoo_delete(zh, "/c", -1)));
    printf("bad path: %s\n", zerror(zoo_exists(zh, "/c//x", 0, &stat)));
    show_children(zh, "/c");
    length = sizeof data;
    printf("config: %s\n", zerror(zoo_getconfig(zh, 0, data, &length, &stat)));
    length = sizeof data;
    printf("reconfig: %s\n", zerror(zoo_reconfig(zh, "server.9=localhost:1:2;3", NULL, NULL, -1, data, &length, &stat)));
}

static void watches(zhandle_t *zh)
{
    struct Stat stat;
    struct String_vector names;
    char data[16];
    int length = sizeof data;

    zoo_wexists(zh, "/w", node_watcher, "exists", &stat);
    zoo_create(zh, "/w", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0);
    printf("created: %d %s\n", wait_for(&event_count, 1), last_event);
    zoo_wget(zh, "/w", node_watcher, "data", data, &length, &stat);
    zoo_set(zh, "/w", "x", 1, -1);
    printf("changed: %d %s\n", wait_for(&event_count, 2), last_event);
    zoo_wget_children(zh, "/w", node_watcher, "children", &names);
    deallocate_String_vector(&names);
    zoo_create(zh, "/w/child", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0);
    printf("child: %d %s\n", wait_for(&event_count, 3), last_event);
    zoo_wexists(zh, "/w/child", node_watcher, "deletion", &stat);
    zoo_delete(zh, "/w/child", -1);
    printf("deleted: %d %s\n", wait_for(&event_count, 4), last_event);
    zoo_wexists(zh, "/w", node_watcher, "removed", &stat);
    printf("remove watches: %s\n", zerror(zoo_remove_all_watches(zh, "/w", ZWATCHTYPE_DATA, 0)));
    printf("none left: %s\n", zerror(zoo_remove_all_watches(zh, "/w", ZWATCHTYPE_DATA, 0)));
    zoo_delete(zh, "/w", -1);
}

static void transactions(zhandle_t *zh)
{
    char created[64];
    struct Stat stat;
    zoo_op_t ops[4];
    zoo_op_result_t results[4];

    zoo_create_op_init(&ops[0], "/multi", "m", 1, &ZOO_OPEN_ACL_UNSAFE, 0, created, sizeof created);
    zoo_set_op_init(&ops[1], "/multi", "mm", 2, 0, &stat);
    zoo_check_op_init(&ops[2], "/multi", 1);
    zoo_delete_op_init(&ops[3], "/c/two", -1);
    int rc = zoo_multi(zh, 4, ops, results);
    printf("multi: %s %s", zerror(rc), created);
    for (int i = 0; i < 4; i++)
        printf(" %d", results[i].err);
    printf("\n");
    show_stat("set in it", ZOK, &stat);

    zoo_create_op_init(&ops[0], "/multi/a", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, created, sizeof created);
    zoo_check_op_init(&ops[1], "/multi", 9);
    zoo_create_op_init(&ops[2], "/multi/b", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, created, sizeof created);
    rc = zoo_multi(zh, 3, ops, results);
    printf("rolled back: %s", zerror(rc));
    for (int i = 0; i < 3; i++)
        printf(" %d", results[i].err);
    printf("\n");
    show_children(zh, "/multi");
}

static void counted(int rc, const void *data)
{
    pthread_mutex_lock(&lock);
    completions++;
    if (rc != ZOK)
        failures++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void created_one(int rc, const char *value, const void *data)
{
    counted(rc, data);
}

static void auth_done(int rc, const void *data)
{
    counted(rc, data);
}

static void pipelined(zhandle_t *zh)
{
    char path[64];
    zoo_create(zh, "/many", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0);
    completions = failures = 0;
    for (int i = 0; i < 2000; i++) {
        snprintf(path, sizeof path, "/many/%d", i);
        zoo_acreate(zh, path, path, (int)strlen(path), &ZOO_OPEN_ACL_UNSAFE, 0, created_one, NULL);
    }
    printf("created: %d, failures %d\n", wait_for(&completions, 2000), failures);
    struct Stat stat;
    show_stat("/many", zoo_exists(zh, "/many", 0, &stat), &stat);
}

static void acls(zhandle_t *zh)
{
    struct ACL_vector acl;
    struct Stat stat;
    completions = failures = 0;
    zoo_add_auth(zh, "digest", "ann:secret", 10, auth_done, NULL);
    printf("auth: %d, failures %d\n", wait_for(&completions, 1), failures);
    printf("create: %s\n", zerror(zoo_create(zh, "/mine", "x", 1, &ZOO_CREATOR_ALL_ACL, 0, NULL, 0)));
    int rc = zoo_get_acl(zh, "/mine", &acl, &stat);
    printf("get_acl: %s", zerror(rc));
    for (int i = 0; rc == ZOK && i < acl.count; i++)
        printf(" %d:%s:%s", acl.data[i].perms, acl.data[i].id.scheme, acl.data[i].id.id);
    printf("\n");
    printf("set_acl: %s\n", zerror(zoo_set_acl(zh, "/mine", 0, &ZOO_READ_ACL_UNSAFE)));
    printf("read only: %s\n", zerror(zoo_set(zh, "/mine", "y", 1, -1)));
}

static void restart(zhandle_t *zh)
{
    clientid_t before = *zoo_client_id(zh);
    struct Stat stat;
    pthread_mutex_lock(&lock);
    int seen = connections;
    pthread_mutex_unlock(&lock);
    zoo_wexists(zh, "/after", node_watcher, "after", &stat);
    printf("restart the server\n");
    fflush(stdout);
    if (getchar() == EOF)
        exit(2);
    printf("reconnected: %d, expired %d\n", wait_for(&connections, seen + 1), expired);
    printf("the same session: %d\n", before.client_id == zoo_client_id(zh)->client_id);
    show_stat("ephemeral", zoo_exists(zh, "/c/e", 0, &stat), &stat);
    event_count = 0;
    zoo_create(zh, "/after", "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0);
    printf("watch set again: %d %s\n", wait_for(&event_count, 1), last_event);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
    zhandle_t *zh = zookeeper_init(argv[1], session_watcher, 20000, NULL, NULL, 0);
    if (zh == NULL || !wait_for(&connections, 1)) {
        fprintf(stderr, "no connection to %s\n", argv[1]);
        return 1;
    }
    printf("timeout: %d\n", zoo_recv_timeout(zh));
    basics(zh);
    watches(zh);
    transactions(zh);
    pipelined(zh);
    acls(zh);
    restart(zh);
    printf("close: %s\n", zerror(zookeeper_close(zh)));
    return 0;
}
