import DNSMeshNode
import Logging
import Synchronization
import Testing

@Suite("Log lines")
struct NodeLogHandlerTests {
    final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { self.lines.withLock(\.self) }
        func append(_ line: String) { self.lines.withLock { $0.append(line) } }
    }

    func lines(_ format: LogFormat, level: Logger.Level = .info, log: (inout Logger) -> Void) -> [String] {
        let lines = Lines()
        var logger = Logger(label: "dmp.node") { label in
            NodeLogHandler(label: label, level: level, format: format, milliseconds: { 1_709_164_799_007 }) { line in
                lines.append(line)
            }
        }
        log(&logger)
        return lines.all
    }

    @Test("A text line has time, level, logger, message and what belongs to it")
    func text() {
        let lines = lines(.text) { logger in
            logger[metadataKey: "b"] = "1"
            logger.info("up", metadata: ["a": "x"])
            logger.debug("not shown")
        }
        #expect(lines == ["2024-02-28T23:59:59.007Z INFO dmp.node: up a=x b=1\n"])
    }

    @Test("A message can't make a second line or drive a terminal")
    func controlCharacters() {
        let lines = lines(.text) { $0.error("a\nb\u{1b}[31mc\u{9b}") }
        #expect(lines == ["2024-02-28T23:59:59.007Z ERROR dmp.node: a\u{fffd}b\u{fffd}[31mc\u{fffd}\n"])
    }

    @Test("A JSON line is one object")
    func json() {
        let lines = lines(.json) { $0.warning("a\n\"b\"", metadata: ["count": "3"]) }
        #expect(
            lines == [
                #"{"ts": "2024-02-28T23:59:59.007Z", "level": "WARNING", "logger": "dmp.node", "msg": "a\n\"b\"", "#
                    + #""count": "3"}"# + "\n"
            ]
        )
    }

    @Test("Levels have the names of the reference")
    func levels() {
        let lines = lines(.text, level: .trace) { logger in
            for level in Logger.Level.allCases { logger.log(level: level, "x") }
        }
        let names = lines.map { $0.split(separator: " ")[1] }
        #expect(names == ["DEBUG", "DEBUG", "INFO", "INFO", "WARNING", "ERROR", "CRITICAL"])
    }
}
