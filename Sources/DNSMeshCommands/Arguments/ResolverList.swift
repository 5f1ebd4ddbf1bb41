import DNSTransport

/// The upstream resolvers of `--dns-resolvers` and of `dns_resolvers`, each with its canonical text.
///
/// Source: protocol documents, "Command line", section 5.1.
struct ResolverList: Hashable, Sendable {
    struct Entry: Hashable, Sendable {
        let address: UpstreamAddress
        /// The bare address if no port was given, else `ip:port` or `[ip]:port`.
        let text: String
    }

    static let defaultPort: UInt16 = 53

    let entries: [Entry]

    /// Reads the comma-separated list of an option. Empty parts between commas are passed over.
    init(argument: String, of option: String = "--dns-resolvers") throws(CommandFailure) {
        let parts = argument.split(separator: ",").map { String($0).trimmingSpaces }.filter { !$0.isEmpty }
        guard !parts.isEmpty else { throw .user("invalid \(option): the list is empty") }
        self.entries = try Self.entries(parts) { "invalid \(option): \($0)" }
    }

    /// Reads the texts of the configuration at `path`.
    init(texts: [String], path: String) throws(CommandFailure) {
        let parts = texts.map(\.trimmingSpaces).filter { !$0.isEmpty }
        self.entries = try Self.entries(parts) { "\(path): dns_resolvers: \($0); correct the entry or remove it" }
    }

    private static func entries(
        _ texts: [String],
        refusal: (String) -> String
    ) throws(CommandFailure) -> [Entry] {
        var entries: [Entry] = []
        for text in texts {
            do {
                let address = try UpstreamAddress(text, defaultPort: self.defaultPort)
                entries.append(Entry(address: address, text: self.canonical(text)))
            } catch {
                throw .user(refusal("\(text): \(error)\(self.hint(text))"))
            }
        }
        return entries
    }

    /// Drops the brackets where they aren't needed: around an address without a port, and around IPv4.
    private static func canonical(_ text: String) -> String {
        guard text.hasPrefix("["), let end = text.firstIndex(of: "]") else { return text }
        let host = text[text.index(after: text.startIndex)..<end]
        let rest = text[text.index(after: end)...]
        return rest.isEmpty || !host.contains(":") ? String(host + rest) : text
    }

    private static func hint(_ text: String) -> String {
        text.contains("[") || text.split(separator: ":").count < 3
            ? "" : "; write an IPv6 address with a port as [ip]:port"
    }
}
