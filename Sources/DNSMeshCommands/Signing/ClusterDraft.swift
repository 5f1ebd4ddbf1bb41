import DMPCrypto
import DMPNetwork
import DMPProtocol
import DNSTransport

/// What a manifest shall say, as a YAML file states it.
struct ClusterDraft {
    let name: RecordDomain
    let sequence: UInt64
    let expires: UnixSeconds
    let nodes: [DMPProtocol.ClusterNode]
    /// What is allowed and may not work for everybody.
    let warnings: [String]

    static let example = """
        cluster: mesh.example.org     # the zone of the users' mailboxes
        seq: 7                        # higher than in every manifest before
        expires: 90d                  # or 2027-01-31, or 2027-01-31T12:00:00Z
        nodes:
          - id: n01
            http: https://n1.mesh.example.org
            dns: 192.0.2.1:53         # an IP address; may be left out
        """

    /// - Throws: ``DraftFault`` for the first key that a reader of the manifest would stumble over.
    init(yaml text: String, now: UnixSeconds) throws(DraftFault) {
        let root = try DraftMapping(yaml: text, keys: ["cluster", "seq", "expires", "nodes"])
        self.name = try root.domain("cluster")
        self.sequence = try root.number("seq", in: DraftMapping.sequences)
        self.expires = try root.expiry(now: now, limit: ClusterManifest.maximumLifetime)
        let items = try root.list("nodes", limit: ClusterManifest.maximumNodeCount, keys: ["id", "http", "dns"])
        var nodes: [DMPProtocol.ClusterNode] = []
        for item in items { nodes.append(try item.node(after: nodes)) }
        self.nodes = nodes
        self.warnings = nodes.compactMap(Self.warning)
    }

    /// - Throws: ``DraftFault`` if the record would be too long.
    func manifest(signer: Ed25519.PublicKey) throws(DraftFault) -> ClusterManifest {
        do throws(WireError) {
            return try ClusterManifest(
                name: self.name,
                operatorKey: signer,
                sequence: self.sequence,
                expires: self.expires,
                nodes: self.nodes
            )
        } catch {
            throw DraftFault("nodes", Self.problem(error))
        }
    }

    private static func problem(_ error: WireError) -> String {
        guard case .wireTooLong(let byteCount) = error else { return "can't be put into a record: \(error)" }
        return
            "make a record of \(byteCount) bytes, and 1200 is the most; shorten the endpoints or leave some nodes out"
    }

    private static func warning(_ node: DMPProtocol.ClusterNode) -> String? {
        guard let endpoint = try? HTTPEndpoint(node.httpEndpoint), !endpoint.isEncrypted, !endpoint.isLoopback else {
            return nil
        }
        return "warning: \(node.id): \(endpoint) is not encrypted, so users won't send it their token; "
            + "put TLS in front of the node"
    }
}

extension DraftMapping {
    /// Any number above 0 that JSON readers take too.
    static let sequences: ClosedRange<UInt64> = 1...UInt64(Int64.max)

    /// The name of a cluster or a domain, behind which records can stand.
    func domain(_ key: String) throws(DraftFault) -> RecordDomain {
        let text = try self.text(key)
        do throws(NameError) {
            let domain = try RecordDomain(text)
            _ = (try OwnerName.cluster(domain.zone), try OwnerName.bootstrap(domain.zone))
            return domain
        } catch {
            throw DraftFault(self.place(of: key), "\(error)")
        }
    }

    /// A node that has neither id nor endpoint of an earlier one.
    fileprivate func node(after earlier: [DMPProtocol.ClusterNode]) throws(DraftFault) -> DMPProtocol.ClusterNode {
        let id = try self.nodeID()
        if let other = earlier.firstIndex(where: { $0.id == id }) {
            throw DraftFault(self.place(of: "id"), "\(id) is the id of nodes[\(other + 1)] already")
        }
        let http = try self.httpEndpoint()
        if let other = earlier.firstIndex(where: { $0.httpEndpoint == http }) {
            throw DraftFault(self.place(of: "http"), "\(http) is nodes[\(other + 1)] already, and would count twice")
        }
        let dns = try self.dnsEndpoint()
        do throws(WireError) {
            return try DMPProtocol.ClusterNode(id: id, httpEndpoint: http, dnsEndpoint: dns)
        } catch {
            throw DraftFault(self.place(of: "id"), "can't be put into a record: \(error)")
        }
    }

    private func nodeID() throws(DraftFault) -> String {
        let (id, limit) = (try self.text("id"), DMPProtocol.ClusterNode.maximumIDByteCount)
        guard id.utf8.count <= limit, id.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw DraftFault(self.place(of: "id"), "must be 1 to \(limit) visible ASCII characters")
        }
        return id
    }

    private func httpEndpoint() throws(DraftFault) -> String {
        let (text, limit) = (try self.text("http"), DMPProtocol.ClusterNode.maximumHTTPEndpointByteCount)
        let endpoint: HTTPEndpoint
        do { endpoint = try HTTPEndpoint(text) } catch { throw DraftFault(self.place(of: "http"), error.message) }
        guard endpoint.text.utf8.count <= limit else {
            throw DraftFault(self.place(of: "http"), "has \(endpoint.text.utf8.count) bytes, and \(limit) is the most")
        }
        return endpoint.text
    }

    /// Names are refused: the reference's client can't read from a node whose manifest names one.
    private func dnsEndpoint() throws(DraftFault) -> String? {
        guard let text = try self.optionalText("dns") else { return nil }
        do {
            return try UpstreamAddress(text).description
        } catch {
            throw DraftFault(
                self.place(of: "dns"),
                "\(text): \(error); write one such as 192.0.2.1:53 or [2001:db8::1]:53, or leave it out"
            )
        }
    }
}
