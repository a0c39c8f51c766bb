/*
 * Writes what the tests of src/jute compare with: records as Apache ZooKeeper's own classes serialise them, its tables of codes,
 * and how Java reads and writes the strings that other languages do not agree on. The values are those of samples-*.ts.
 *
 * With Debian's packages zookeeper and libzookeeper-java (3.8.0), from the root of the project:
 *
 *   java -cp /usr/share/java/zookeeper.jar:/usr/share/java/zookeeper-jute.jar:/usr/share/java/slf4j-api.jar \
 *     test/jute/golden/Records.java test/jute/golden
 *
 * records.txt: record/variant, bytes in hex.   codes.txt: table, name, number.   strings.txt: bytes in hex, UTF-16 units in hex.
 */
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.apache.jute.BinaryInputArchive;
import org.apache.jute.BinaryOutputArchive;
import org.apache.jute.Record;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.MultiOperationRecord;
import org.apache.zookeeper.MultiResponse;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooDefs.OpCode;
import org.apache.zookeeper.data.*;
import org.apache.zookeeper.proto.*;
import org.apache.zookeeper.server.persistence.Util;
import org.apache.zookeeper.txn.*;

public final class Records {
    private static final String PATH = "/zoo/keeper";
    private static final String TWO_BYTES = "/\u0080\u00e9\u07ff";
    private static final String THREE_BYTES = "\ufeff/\u0800\u6c49\u20ac\uffff";
    private static final String CONTROLS = "\u0000\u0001\u007f";
    private static final String LONG_TEXT = "\u6c49".repeat(700);
    private static final byte[] DATA = {0, 1, 0x7f, (byte) 0x80, (byte) 0xff};
    private static final byte[] EMPTY = {};
    private static final byte[] PASSWD = {15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
    private static final long MAX_TIME = 9007199254740991L;
    private static final long SESSION = 0x100000abcdef0001L;

    private static final List<ACL> ACLS = Arrays.asList(
        new ACL(ZooDefs.Perms.ALL, new Id("world", "anyone")),
        new ACL(Integer.MIN_VALUE, new Id("digest", "b\u00e9n:\u6c49=")),
        new ACL(0, new Id("ip", null)),
        new ACL(-1, new Id("", "")));
    private static final List<ACL> NO_ACLS = Collections.emptyList();
    private static final List<String> PATHS = Arrays.asList("/a", TWO_BYTES, null, "", THREE_BYTES);
    private static final List<String> NO_PATHS = Collections.emptyList();
    private static final Stat STAT = new Stat(
        0x100000001L, 0x100000002L, 1700000000123L, 1700000000456L, 1, 2, 3, SESSION, 5, 6, 0x100000003L);
    private static final Stat EXTREME_STAT = new Stat(
        Long.MIN_VALUE, Long.MAX_VALUE, -MAX_TIME, MAX_TIME, Integer.MIN_VALUE, Integer.MAX_VALUE, -1,
        Long.MIN_VALUE, Integer.MAX_VALUE, Integer.MIN_VALUE, -1);

    private final PrintWriter out;

    private Records(PrintWriter out) {
        this.out = out;
    }

    public static void main(String[] args) throws Exception {
        Path directory = Path.of(args[0]);
        try (PrintWriter out = new PrintWriter(directory.resolve("records.txt").toFile(), StandardCharsets.UTF_8)) {
            Records records = new Records(out);
            records.data();
            records.connecting();
            records.requests();
            records.responses();
            records.txns();
            records.multiTxns();
            records.multiRequests();
            records.multiResponses();
            records.strings();
        }
        try (PrintWriter out = new PrintWriter(directory.resolve("codes.txt").toFile(), StandardCharsets.UTF_8)) {
            codes(out);
            multiKinds(out);
        }
        try (PrintWriter out = new PrintWriter(directory.resolve("strings.txt").toFile(), StandardCharsets.UTF_8)) {
            decodedStrings(out);
        }
    }

    private void data() throws IOException {
        put("Id", new Id("digest", "user:hash="));
        put("Id/null", new Id(null, null));
        put("Id/empty", new Id("", ""));
        put("Id/nonAscii", new Id(TWO_BYTES, THREE_BYTES));
        put("Id/long", new Id(CONTROLS, LONG_TEXT));
        put("ACL", new ACL(ZooDefs.Perms.READ, new Id("world", "anyone")));
        put("ACL/negative", ACLS.get(1));
        put("Stat", STAT);
        put("Stat/extreme", EXTREME_STAT);
        put("StatPersisted", new StatPersisted(
            0x100000001L, 0x100000002L, 1700000000123L, 1700000000456L, 1, 2, 3, SESSION, 0x100000003L));
        put("ClientInfo", new ClientInfo("digest", "b\u00e9n"));
        put("ClientInfo/null", new ClientInfo(null, null));
    }

    private void connecting() throws IOException {
        ConnectRequest asks = new ConnectRequest(0, 0x100000003L, 30000, SESSION, PASSWD);
        put("ConnectRequest/old", asks);
        putWithFlag("ConnectRequest/readOnly", asks, true);
        putWithFlag("ConnectRequest/readWrite", asks, false);
        put("ConnectRequest/extreme", new ConnectRequest(-1, Long.MIN_VALUE, Integer.MIN_VALUE, -1, null));
        ConnectResponse told = new ConnectResponse(0, 30000, SESSION, PASSWD);
        put("ConnectResponse/old", told);
        putWithFlag("ConnectResponse/readOnly", told, true);
        putWithFlag("ConnectResponse/refused", new ConnectResponse(0, 0, 0, new byte[16]), false);
        put("ConnectResponse/null", new ConnectResponse(Integer.MAX_VALUE, -1, Long.MAX_VALUE, null));
        put("RequestHeader", new RequestHeader(1, OpCode.create));
        put("RequestHeader/closeSession", new RequestHeader(Integer.MAX_VALUE, OpCode.closeSession));
        put("ReplyHeader", new ReplyHeader(7, 0x100000003L, 0));
        put("ReplyHeader/extreme", new ReplyHeader(-1, Long.MIN_VALUE, -127));
    }

    private void requests() throws IOException {
        put("CreateRequest", new CreateRequest(PATH, DATA, ACLS, 3));
        put("CreateRequest/open", new CreateRequest(PATH, EMPTY, ZooDefs.Ids.OPEN_ACL_UNSAFE, 0));
        put("CreateRequest/null", new CreateRequest(null, null, null, -1));
        put("CreateRequest/empty", new CreateRequest("", EMPTY, NO_ACLS, Integer.MAX_VALUE));
        put("CreateTTLRequest", new CreateTTLRequest(THREE_BYTES, DATA, ACLS, 5, Long.MAX_VALUE));
        put("CreateTTLRequest/negative", new CreateTTLRequest(PATH, null, ZooDefs.Ids.OPEN_ACL_UNSAFE, 6, Long.MIN_VALUE));
        put("DeleteRequest", new DeleteRequest(TWO_BYTES, -1));
        put("CheckVersionRequest", new CheckVersionRequest(PATH, Integer.MAX_VALUE));
        put("SetDataRequest", new SetDataRequest(PATH, DATA, 3));
        put("SetDataRequest/null", new SetDataRequest(null, null, Integer.MIN_VALUE));
        put("SetDataRequest/empty", new SetDataRequest("", EMPTY, 0));
        put("SetACLRequest", new SetACLRequest(PATH, ACLS, -1));
        put("SetACLRequest/null", new SetACLRequest(PATH, null, 0));
        put("SetACLRequest/long", new SetACLRequest(PATH, Collections.nCopies(40, ACLS.get(0)), 0));
        put("GetDataRequest", new GetDataRequest(PATH, true));
        put("ExistsRequest", new ExistsRequest(THREE_BYTES, false));
        put("GetChildrenRequest", new GetChildrenRequest(null, true));
        put("GetChildren2Request", new GetChildren2Request("", false));
        put("AddWatchRequest", new AddWatchRequest(PATH, 1));
        put("CheckWatchesRequest", new CheckWatchesRequest(TWO_BYTES, 2));
        put("RemoveWatchesRequest", new RemoveWatchesRequest(null, 3));
        put("SetWatches", new SetWatches(0x100000003L, PATHS, NO_PATHS, null));
        put("SetWatches/long", new SetWatches(-1, manyPaths(), null, NO_PATHS));
        put("SetWatches2", new SetWatches2(Long.MAX_VALUE, NO_PATHS, PATHS, null, PATHS, NO_PATHS));
        put("SetWatches2/null", new SetWatches2(0, null, null, null, null, null));
        put("AuthPacket", new AuthPacket(0, "digest", "b\u00e9n:secret".getBytes(StandardCharsets.UTF_8)));
        put("AuthPacket/null", new AuthPacket(-1, null, null));
        put("SyncRequest", new SyncRequest(PATH));
        put("GetACLRequest", new GetACLRequest(TWO_BYTES));
        put("GetEphemeralsRequest", new GetEphemeralsRequest(null));
        put("GetAllChildrenNumberRequest", new GetAllChildrenNumberRequest(""));
    }

    private void responses() throws IOException {
        put("WatcherEvent", new WatcherEvent(3, 3, PATH));
        put("WatcherEvent/none", new WatcherEvent(-1, -112, null));
        put("CreateResponse", new CreateResponse(THREE_BYTES));
        put("SyncResponse", new SyncResponse(PATH));
        put("Create2Response", new Create2Response(TWO_BYTES, STAT));
        put("SetDataResponse", new SetDataResponse(EXTREME_STAT));
        put("SetACLResponse", new SetACLResponse(STAT));
        put("ExistsResponse", new ExistsResponse(STAT));
        put("GetDataResponse", new GetDataResponse(DATA, STAT));
        put("GetDataResponse/null", new GetDataResponse(null, EXTREME_STAT));
        put("GetChildrenResponse", new GetChildrenResponse(PATHS));
        put("GetChildrenResponse/empty", new GetChildrenResponse(NO_PATHS));
        put("GetChildrenResponse/null", new GetChildrenResponse(null));
        put("GetChildren2Response", new GetChildren2Response(PATHS, STAT));
        put("GetChildren2Response/long", new GetChildren2Response(manyPaths(), EXTREME_STAT));
        put("GetACLResponse", new GetACLResponse(ACLS, STAT));
        put("GetACLResponse/open", new GetACLResponse(ZooDefs.Ids.OPEN_ACL_UNSAFE, EXTREME_STAT));
        put("GetACLResponse/null", new GetACLResponse(null, STAT));
        put("GetEphemeralsResponse", new GetEphemeralsResponse(PATHS));
        put("GetAllChildrenNumberResponse", new GetAllChildrenNumberResponse(Integer.MAX_VALUE));
        put("WhoAmIResponse", new WhoAmIResponse(
            Arrays.asList(new ClientInfo("ip", "127.0.0.1"), new ClientInfo("digest", null))));
        put("WhoAmIResponse/empty", new WhoAmIResponse(Collections.emptyList()));
        put("WhoAmIResponse/null", new WhoAmIResponse(null));
    }

    private void txns() throws IOException {
        TxnHeader header = new TxnHeader(SESSION, 7, 0x100000003L, 1700000000123L, OpCode.create);
        TxnDigest digest = new TxnDigest(2, 0x7d7a9b5e3c1f0a28L);
        put("TxnHeader", header);
        put("TxnHeader/extreme",
            new TxnHeader(Long.MIN_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, -MAX_TIME, OpCode.closeSession));
        put("TxnDigest", digest);
        put("TxnDigest/negative", new TxnDigest(-1, -1));
        CreateTxn create = new CreateTxn(PATH, DATA, ACLS, true, 4);
        put("CreateTxn", create);
        put("CreateTxn/open", new CreateTxn(THREE_BYTES, null, ZooDefs.Ids.OPEN_ACL_UNSAFE, false, Integer.MAX_VALUE));
        put("CreateTxn/empty", new CreateTxn("", EMPTY, NO_ACLS, false, -1));
        put("CreateTxn/null", new CreateTxn(PATH, null, null, false, Integer.MIN_VALUE));
        put("CreateTxnV0", new CreateTxnV0(PATH, DATA, ACLS, true));
        put("CreateContainerTxn", new CreateContainerTxn(TWO_BYTES, DATA, ACLS, 9));
        put("CreateContainerTxn/null", new CreateContainerTxn(PATH, null, null, -1));
        put("CreateTTLTxn", new CreateTTLTxn(PATH, DATA, ACLS, 4, 60000));
        put("CreateTTLTxn/extreme",
            new CreateTTLTxn(PATH, EMPTY, ZooDefs.Ids.OPEN_ACL_UNSAFE, Integer.MIN_VALUE, Long.MIN_VALUE));
        put("DeleteTxn", new DeleteTxn(THREE_BYTES));
        put("SetDataTxn", new SetDataTxn(PATH, DATA, 3));
        put("SetDataTxn/null", new SetDataTxn("", null, Integer.MIN_VALUE));
        put("SetACLTxn", new SetACLTxn(PATH, ACLS, 3));
        put("SetACLTxn/null", new SetACLTxn(TWO_BYTES, null, -1));
        put("CheckVersionTxn", new CheckVersionTxn(PATH, 3));
        put("CreateSessionTxn", new CreateSessionTxn(30000));
        put("CreateSessionTxn/negative", new CreateSessionTxn(-1));
        put("CloseSessionTxn", new CloseSessionTxn(Arrays.asList(PATH, TWO_BYTES, THREE_BYTES)));
        put("CloseSessionTxn/empty", new CloseSessionTxn(NO_PATHS));
        put("CloseSessionTxn/null", new CloseSessionTxn(null));
        put("CloseSessionTxn/long", new CloseSessionTxn(manyPaths()));
        put("ErrorTxn", new ErrorTxn(KeeperException.Code.NODEEXISTS.intValue()));
        TxnHeader closing = new TxnHeader(SESSION, 8, 0x100000004L, 1700000000456L, OpCode.closeSession);
        put("entry/create", Util.marshallTxnEntry(header, create, digest));
        put("entry/withoutDigest", Util.marshallTxnEntry(header, create, null));
        put("entry/close", Util.marshallTxnEntry(closing, new CloseSessionTxn(Arrays.asList(PATH)), digest));
        put("entry/closeWithoutTxn", Util.marshallTxnEntry(closing, null, digest));
        put("entry/closeOfOldLog", Util.marshallTxnEntry(closing, null, null));
    }

    private void multiTxns() throws IOException {
        put("MultiTxn", new MultiTxn(Arrays.asList(
            part(OpCode.create, new CreateTxn(PATH, DATA, ACLS, false, 1)),
            part(OpCode.createContainer, new CreateContainerTxn("/c", null, ZooDefs.Ids.OPEN_ACL_UNSAFE, 2)),
            part(OpCode.createTTL, new CreateTTLTxn(TWO_BYTES, EMPTY, NO_ACLS, 3, 1)),
            part(OpCode.delete, new DeleteTxn(THREE_BYTES)),
            part(OpCode.setData, new SetDataTxn(PATH, DATA, 4)),
            part(OpCode.check, new CheckVersionTxn(PATH, -1)))));
        put("MultiTxn/failed", new MultiTxn(Arrays.asList(
            part(OpCode.error, new ErrorTxn(0)), part(OpCode.error, new ErrorTxn(-101)))));
        put("MultiTxn/empty", new MultiTxn(Collections.emptyList()));
        put("MultiTxn/null", new MultiTxn(null));
    }

    private void multiRequests() throws IOException {
        put("MultiHeader", new MultiHeader(OpCode.delete, false, -1));
        put("MultiHeader/end", new MultiHeader(-1, true, -1));
        putOps("create", Op.create(PATH, DATA, ACLS, CreateMode.EPHEMERAL_SEQUENTIAL));
        putOps("createContainer", Op.create("/c", null, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.CONTAINER));
        putOps("createTTL", Op.create(TWO_BYTES, EMPTY, ACLS, CreateMode.PERSISTENT_SEQUENTIAL_WITH_TTL, 60000));
        putOps("delete", Op.delete(THREE_BYTES, -1));
        putOps("check", Op.check(PATH, Integer.MAX_VALUE));
        putOps("setData", Op.setData(PATH, DATA, 3));
        putOps("getData", Op.getData(PATH));
        putOps("getChildren", Op.getChildren(TWO_BYTES));
        putOps("empty");
        putOps("null", Op.create(null, null, null, 0), Op.delete(null, 0), Op.setData(null, null, 0), Op.check(null, 0));
        putOps("writing", Op.create("/a", DATA, NO_ACLS, 0), Op.setData("/a", EMPTY, 0), Op.check("/a", 1),
            Op.delete("/a", 1));
        putOps("reading", Op.getData("/a"), Op.getChildren("/"), Op.getData(null));
    }

    private void multiResponses() throws IOException {
        putResults("create", new OpResult.CreateResult(PATH));
        putResults("create2", new OpResult.CreateResult(TWO_BYTES, STAT));
        putResults("delete", new OpResult.DeleteResult());
        putResults("check", new OpResult.CheckResult());
        putResults("setData", new OpResult.SetDataResult(EXTREME_STAT));
        putResults("getChildren", new OpResult.GetChildrenResult(PATHS));
        putResults("getData", new OpResult.GetDataResult(DATA, STAT));
        putResults("failed", new OpResult.ErrorResult(0), new OpResult.ErrorResult(-101), new OpResult.ErrorResult(-2));
        putResults("null", new OpResult.CreateResult(null), new OpResult.GetChildrenResult(null),
            new OpResult.GetDataResult(null, STAT));
        putResults("empty");
    }

    /** Java encodes each UTF-16 unit by itself: three bytes for each half of a character beyond U+FFFF. */
    private void strings() throws IOException {
        put("string/surrogatePair", new CreateResponse("/\ud83d\ude00"));
        put("string/loneSurrogate", new CreateResponse("a\ud800b"));
    }

    private static void codes(PrintWriter out) throws IllegalAccessException {
        for (KeeperException.Code code : KeeperException.Code.values()) {
            out.println("ErrorCode " + code + " " + code.intValue());
        }
        constants(out, "OpCode", OpCode.class, "");
        constants(out, "Perms", ZooDefs.Perms.class, "");
        constants(out, "AddWatchMode", ZooDefs.AddWatchModes.class, "");
        for (CreateMode mode : CreateMode.values()) {
            out.println("CreateMode " + mode + " " + mode.toFlag());
        }
        for (Watcher.Event.EventType type : Watcher.Event.EventType.values()) {
            out.println("EventType " + type + " " + type.getIntValue());
        }
        for (Watcher.Event.KeeperState state : Watcher.Event.KeeperState.values()) {
            out.println("KeeperState " + state + " " + state.getIntValue());
        }
        for (Watcher.WatcherType type : Watcher.WatcherType.values()) {
            out.println("WatcherType " + type + " " + type.getIntValue());
        }
        constants(out, "SpecialXid", org.apache.zookeeper.ClientCnxn.class, "_XID");
    }

    private static void constants(PrintWriter out, String table, Class<?> type, String end) throws IllegalAccessException {
        for (Field field : type.getDeclaredFields()) {
            boolean isConstant = field.getType() == int.class && java.lang.reflect.Modifier.isStatic(field.getModifiers());
            if (!isConstant || !field.getName().endsWith(end)) {
                continue;
            }
            field.setAccessible(true);
            out.println(table + " " + field.getName() + " " + field.getInt(null));
        }
    }

    /** What Java takes each op code with each create mode for, inside a multi. */
    private static void multiKinds(PrintWriter out) throws IOException {
        for (int type : new int[] {OpCode.create, OpCode.create2, OpCode.createContainer, OpCode.createTTL}) {
            for (int flags = -1; flags <= 7; flags++) {
                Record request = type == OpCode.createTTL
                    ? new CreateTTLRequest(PATH, DATA, ACLS, flags, 5)
                    : new CreateRequest(PATH, DATA, ACLS, flags);
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                bytes.write(serialize(new MultiHeader(type, false, -1)));
                bytes.write(serialize(request));
                bytes.write(serialize(new MultiHeader(-1, true, -1)));
                MultiOperationRecord ops = new MultiOperationRecord();
                ops.deserialize(BinaryInputArchive.getArchive(new ByteArrayInputStream(bytes.toByteArray())), "multi");
                out.println("multiKind " + type + "/" + flags + " " + ops.iterator().next().getType());
            }
        }
    }

    private static void decodedStrings(PrintWriter out) {
        int[] interesting = {0x00, 0x41, 0x7f, 0x80, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef,
            0xf0, 0xf1, 0xf4, 0xf5, 0xf8, 0xff};
        for (int first : interesting) {
            for (int second : interesting) {
                decoded(out, first, second);
            }
        }
        int[] starts = {0xc3, 0xe0, 0xe2, 0xed, 0xef, 0xf0, 0xf1, 0xf4};
        int[] continuations = {0x41, 0x80, 0x8f, 0x90, 0xa0, 0xbf, 0xed};
        for (int first : starts) {
            for (int second : continuations) {
                for (int third : continuations) {
                    decoded(out, first, second, third);
                    decoded(out, first, second, third, 0x80);
                    decoded(out, 0x41, first, second, third, 0x41);
                }
            }
        }
        decoded(out, 0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80);
    }

    private static void decoded(PrintWriter out, int... values) {
        byte[] bytes = new byte[values.length];
        for (int index = 0; index < values.length; index++) {
            bytes[index] = (byte) values[index];
        }
        StringBuilder units = new StringBuilder();
        for (char unit : new String(bytes, StandardCharsets.UTF_8).toCharArray()) {
            units.append(String.format("%04x", (int) unit));
        }
        out.println(hex(bytes) + " " + units);
    }

    private static List<String> manyPaths() {
        List<String> paths = new ArrayList<>();
        for (int index = 0; index < 150; index++) {
            paths.add("/n" + index);
        }
        return paths;
    }

    private static Txn part(int type, Record record) throws IOException {
        return new Txn(type, serialize(record));
    }

    private void putOps(String variant, Op... ops) throws IOException {
        put("MultiOperationRecord/" + variant, new MultiOperationRecord(Arrays.asList(ops)));
    }

    private void putResults(String variant, OpResult... results) throws IOException {
        MultiResponse response = new MultiResponse();
        for (OpResult result : results) {
            response.add(result);
        }
        put("MultiResponse/" + variant, response);
    }

    /** The flag that stands behind a ConnectRequest and a ConnectResponse since 3.4, as ClientCnxn and ZooKeeperServer write it. */
    private void putWithFlag(String name, Record record, boolean readOnly) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BinaryOutputArchive archive = BinaryOutputArchive.getArchive(bytes);
        record.serialize(archive, "record");
        archive.writeBool(readOnly, "readOnly");
        put(name, bytes.toByteArray());
    }

    private void put(String name, Record record) throws IOException {
        put(name, serialize(record));
    }

    private void put(String name, byte[] bytes) {
        out.println(name + " " + hex(bytes));
    }

    private static byte[] serialize(Record record) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        record.serialize(BinaryOutputArchive.getArchive(bytes), "record");
        return bytes.toByteArray();
    }

    private static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte value : bytes) {
            text.append(String.format("%02x", value & 0xff));
        }
        return text.toString();
    }
}
