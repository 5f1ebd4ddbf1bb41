/// A text as one word of a command that the user is told to run.
struct ShellWord: CustomStringConvertible {
    let description: String

    init(_ text: String) {
        let isPlain = !text.isEmpty && text.unicodeScalars.allSatisfy { Self.plain.contains($0) }
        self.description = isPlain ? text : "'\(text.replacing("'", with: #"'\''"#))'"
    }

    /// What no shell gives a meaning, wherever it stands in a path.
    private static let plain = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@%,".unicodeScalars
    )
}
