import DMPCrypto
import DMPNetwork
import DNSTransport
import DNSWire

/// How a command writes by DNS UPDATE: the `tsig_…` keys of the configuration, checked.
///
/// Source: protocol documents, "Command line", section 4.4.
struct UpdateAccess: Sendable {
    private enum Server: Sendable {
        case address(UpstreamAddress)
        /// A host name, looked up where records are read, and the port.
        case name(DNSName, port: Int)
    }

    private let server: Server
    private let zone: DNSName
    private let key: TSIGKey
    private let settings: ClientSettings
    private let context: CommandContext
    private let isCourtesy: Bool

    /// - Returns: `nil` if no key is set, or the command doesn't write.
    /// - Throws: ``CommandFailure`` for settings that can't be used.
    init?(settings: ClientSettings, use: NetworkUse, context: CommandContext) throws(CommandFailure) {
        let configuration = settings.configuration
        let (name, secret) = (configuration.tsigKeyName.trimmingSpaces, configuration.tsigSecretHex.trimmingSpaces)
        guard !name.isEmpty, !secret.isEmpty else { return nil }
        switch use {
        case .none, .lookingUp: return nil
        case .reading: self.isCourtesy = true
        case .publishing: self.isCourtesy = false
        }
        let path = settings.path
        guard let bytes = Hexadecimal.decode(secret) else {
            throw .user("\(path): tsig_secret_hex must be hexadecimal digits, two for each byte")
        }
        guard let algorithm = TSIGAlgorithm(configuration.tsigAlgorithm.trimmingSpaces) else {
            let known = TSIGAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
            throw .user("\(path): tsig_algorithm must be one of \(known)")
        }
        guard !configuration.tsigZone.trimmingSpaces.isEmpty else {
            throw .user("\(path): tsig_zone is empty; set it to the zone that the TSIG key is for")
        }
        self.zone = try Self.name(configuration.tsigZone, key: "tsig_zone", path: path)
        guard
            let key = TSIGKey(
                name: try Self.name(name, key: "tsig_key_name", path: path),
                algorithm: algorithm,
                secret: bytes
            )
        else { throw .user("\(path): tsig_secret_hex must have 1 to 65535 bytes") }
        self.key = key
        self.server = try Self.server(settings)
        (self.settings, self.context) = (settings, context)
    }

    /// Lends a writer to `body`; none if the server isn't found and the command can do without.
    func withWriter<Value: Sendable>(_ body: ((any RecordWriter)?) async throws -> Value) async throws -> Value {
        let address: UpstreamAddress
        do {
            address = try await self.address()
        } catch let failure as NetworkFailure {
            let text = "the server that takes records (tsig_dns_server) isn't found: \(failure.message)"
            guard self.isCourtesy else { throw CommandFailure.network(text) }
            self.context.console.message("warning: \(text); used one-time keys stay published")
            return try await body(nil)
        }
        let target = UpdateTarget(server: address, zone: self.zone, key: self.key)
        return try await withUpdateRecordWriter(to: target, clock: self.context.clock, now: self.context.now) {
            try await body($0)
        }
    }

    /// Asks only the servers that records are read through: no other shall learn where they are written.
    private func address() async throws -> UpstreamAddress {
        switch self.server {
        case .address(let address): return address
        case .name(let name, let port):
            let lookup = HostLookup([try self.settings.upstreams()], clock: self.context.clock)
            let host = try await lookup.address(of: name)
            guard let address = UpstreamAddress(host: host, port: port) else {
                throw NetworkFailure(.invalidConfiguration, "tsig_dns_port must be from 1 to 65535")
            }
            return address
        }
    }

    private static func server(_ settings: ClientSettings) throws(CommandFailure) -> Server {
        let configuration = settings.configuration
        let port = configuration.tsigDNSPort == 0 ? 53 : configuration.tsigDNSPort
        guard (1...65_535).contains(port) else {
            throw .user("\(settings.path): tsig_dns_port must be from 1 to 65535")
        }
        var text = configuration.tsigDNSServer.trimmingSpaces
        if text.isEmpty, let host = try settings.endpoint()?.host, DNSWire.IPAddress(host) == nil, host != "localhost" {
            text = host
        }
        guard !text.isEmpty else {
            throw .user("\(settings.path): tsig_dns_server is empty; set it to the primary server of the zone")
        }
        if let host = DNSWire.IPAddress(text), let address = UpstreamAddress(host: host, port: port) {
            return .address(address)
        }
        return .name(try Self.name(text, key: "tsig_dns_server", path: settings.path), port: port)
    }

    private static func name(_ text: String, key: String, path: String) throws(CommandFailure) -> DNSName {
        do throws(DNSNameError) {
            return try DNSName(text.trimmingSpaces)
        } catch {
            throw .user("\(path): \(key) is no domain name: \(error)")
        }
    }
}
