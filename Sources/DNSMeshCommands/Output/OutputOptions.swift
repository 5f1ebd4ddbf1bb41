import ArgumentParser

/// What a command has to say, for people and for programs.
protocol CommandResult {
    /// The text for people, harmless for a terminal, without a line end at the end.
    var text: String { get }
    var json: JSONValue { get }
}

/// The option of every command that prints a result.
struct OutputOptions: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Print JSON.")
    var isJSON = false

    /// Writes the result to standard output in the form that was asked for.
    func write(_ result: some CommandResult) throws {
        try CommandContext.current.console.result(self.isJSON ? result.json.pretty : result.text)
    }
}
