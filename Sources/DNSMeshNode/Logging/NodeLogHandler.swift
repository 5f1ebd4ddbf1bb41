public import Logging

/// Writes one line for each message, as text or as a JSON object.
///
/// Source: protocol documents, "The DMP node", section 9.
public struct NodeLogHandler: LogHandler {
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let format: LogFormat
    private let milliseconds: @Sendable () -> UInt64
    private let write: @Sendable (String) -> Void

    /// A handler that knows the time of day in `milliseconds` since 1970-01-01 00:00 UTC, and gives each line, with its
    /// line feed, to `write`, from several threads at a time.
    public init(
        label: String,
        level: Logger.Level,
        format: LogFormat,
        milliseconds: @escaping @Sendable () -> UInt64,
        write: @escaping @Sendable (String) -> Void
    ) {
        self.label = label
        self.logLevel = level
        self.format = format
        self.milliseconds = milliseconds
        self.write = write
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var fields = self.metadataProvider?.get() ?? [:]
        for metadata in [self.metadata, event.metadata ?? [:]] { fields.merge(metadata) { $1 } }
        let pairs = fields.map { (key: $0.key, value: $0.value.description) }.sorted { $0.key < $1.key }
        let time = LogTime.text(milliseconds: self.milliseconds())
        let line =
            switch self.format {
            case .text: self.textLine(time: time, event: event, fields: pairs)
            case .json: self.jsonLine(time: time, event: event, fields: pairs)
            }
        self.write(line + "\n")
    }

    private func textLine(time: String, event: LogEvent, fields: [(key: String, value: String)]) -> String {
        let extra = fields.map { " \($0.key)=\($0.value)" }.joined()
        let line = "\(time) \(event.level.pythonName) \(self.label): \(event.message)\(extra)"
        // One message, one line, whatever stands in it.
        return String(String.UnicodeScalarView(line.unicodeScalars.map { $0.properties.isControl ? "\u{fffd}" : $0 }))
    }

    private func jsonLine(time: String, event: LogEvent, fields: [(key: String, value: String)]) -> String {
        let members = [
            (key: "ts", value: time), (key: "level", value: event.level.pythonName), (key: "logger", value: self.label),
            (key: "msg", value: event.message.description),
        ]
        let pairs = (members + fields).map { "\(JSONText.quoted($0.key)): \(JSONText.quoted($0.value))" }
        return "{" + pairs.joined(separator: ", ") + "}"
    }
}

extension Unicode.Scalar.Properties {
    fileprivate var isControl: Bool { self.generalCategory == .control }
}

extension Logger.Level {
    /// The names that operators know from the reference.
    fileprivate var pythonName: String {
        switch self {
        case .trace, .debug: "DEBUG"
        case .info, .notice: "INFO"
        case .warning: "WARNING"
        case .error: "ERROR"
        case .critical: "CRITICAL"
        }
    }
}
