import DMPNetwork
import DMPProtocol
import DNSMesh
import DNSTransport

/// What the configuration says about the network, checked: where to read, where to write, and as whom.
struct ClientSettings: Sendable {
    let configuration: Configuration
    /// Named in messages.
    let path: String

    func mesh(allowsTOFU: Bool) throws(CommandFailure) -> MeshConfiguration {
        let identityDomain = self.configuration.identityDomain
        do throws(NameError) {
            return MeshConfiguration(
                username: try Username(self.configuration.username),
                zone: try ZoneName(self.configuration.effectiveDomain),
                identityZone: identityDomain.isEmpty ? nil : try ZoneName(identityDomain),
                allowsTrustOnFirstUse: allowsTOFU || self.configuration.allowTOFU
            )
        } catch {
            throw .user("\(self.path): username, domain or identity_domain can't be used: \(error)")
        }
    }

    /// The zone of the mailbox.
    func zone() throws(CommandFailure) -> ZoneName {
        do { return try ZoneName(self.configuration.effectiveDomain) } catch {
            throw .user("\(self.path): domain can't be used: \(error)")
        }
    }

    /// The servers that are asked: all of `dns_resolvers`, else `dns_host`, else all of this machine. At least one.
    func upstreams() throws(CommandFailure) -> [UpstreamAddress] {
        let listed = try ResolverList(texts: self.configuration.dnsResolvers, path: self.path).entries
        guard listed.isEmpty else { return listed.map(\.address) }
        guard let host = self.configuration.dnsHost, !host.isEmpty else { return try self.systemUpstreams() }
        guard let port = UInt16(exactly: self.configuration.dnsPort), port > 0 else {
            throw .user("\(self.path): dns_port: must be from 1 to 65535")
        }
        do {
            return [try UpstreamAddress(host, defaultPort: port)]
        } catch {
            throw .user("\(self.path): dns_host: \(error); write the address of a DNS server")
        }
    }

    private func systemUpstreams() throws(CommandFailure) -> [UpstreamAddress] {
        do {
            return try UpstreamAddress.system()
        } catch {
            throw CommandFailure.noResolver(at: self.path)
        }
    }

    /// `nil` if no endpoint is set.
    func endpoint() throws(CommandFailure) -> HTTPEndpoint? {
        guard !self.configuration.endpoint.trimmingSpaces.isEmpty else { return nil }
        do {
            return try HTTPEndpoint(self.configuration.endpoint)
        } catch {
            throw .user("\(self.path): endpoint: \(error.message)")
        }
    }

    /// The token of the configuration, else the one saved for the endpoint's host.
    func token(for endpoint: HTTPEndpoint, home: ConfigurationHome, now: UnixSeconds) throws(CommandFailure)
        -> BearerToken?
    {
        let own = self.configuration.httpToken.flatMap { $0.isEmpty ? nil : $0 }
        let saved = SavedToken.text(forHost: endpoint.host, in: home.tokensFolder, now: now)
        guard let text = own ?? saved else { return nil }
        do {
            return try BearerToken(text)
        } catch {
            let place = own == nil ? "the token saved for \(endpoint.host)" : "\(self.path): http_token"
            throw .user("\(place): \(error.message)")
        }
    }
}

extension CommandFailure {
    fileprivate static func noResolver(at path: String) -> CommandFailure {
        .user("this machine names no DNS server; set dns_resolvers in \(path), for example [9.9.9.9]")
    }
}
