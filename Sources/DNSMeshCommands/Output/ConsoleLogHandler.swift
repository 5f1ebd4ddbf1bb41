import Logging

/// Passes warnings of the library on to standard error.
struct ConsoleLogHandler: LogHandler {
    let console: Console
    var logLevel = Logger.Level.warning
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        self.console.message("\(event.level): \(event.message)")
    }
}

extension CommandContext {
    /// The logger that the library gets.
    var logger: Logger {
        Logger(label: "dnsmesh") { [console] _ in ConsoleLogHandler(console: console) }
    }
}
