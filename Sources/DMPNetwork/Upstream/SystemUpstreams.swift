public import DNSTransport

#if canImport(FoundationEssentials)
    private import FoundationEssentials
#else
    private import Foundation
#endif

extension UpstreamAddress {
    /// The DNS servers that this machine is set up to ask, in their order.
    ///
    /// The file at `path` is read as `resolv.conf(5)`. Lines other than `nameserver` with an address are skipped.
    ///
    /// - Throws: ``NetworkFailure`` with the code `invalidConfiguration` if the file can't be read, or names no server.
    public static func system(
        configuredIn path: String = "/etc/resolv.conf"
    ) throws(NetworkFailure) -> [UpstreamAddress] {
        let content: Data
        do {
            content = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw NetworkFailure(.invalidConfiguration, "can't read the DNS servers of this machine from \(path)")
        }
        let upstreams = Self.parse(resolvConf: String(decoding: content, as: UTF8.self))
        guard !upstreams.isEmpty else {
            throw NetworkFailure(.invalidConfiguration, "\(path) names no DNS server; give one by its address")
        }
        return upstreams
    }

    static func parse(resolvConf text: String) -> [UpstreamAddress] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count >= 2, words[0] == "nameserver" else { return nil }
            return try? UpstreamAddress(words[1])
        }
    }
}
