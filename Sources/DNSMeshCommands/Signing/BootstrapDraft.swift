import DMPCrypto
import DMPProtocol

/// What a bootstrap record shall say, as a YAML file states it.
struct BootstrapDraft {
    let domain: RecordDomain
    let sequence: UInt64
    let expires: UnixSeconds
    let entries: [BootstrapEntry]

    static let example = """
        domain: example.org           # the domain of the users' addresses
        seq: 3                        # higher than in every record before
        expires: 365d                 # or 2027-01-31, or 2027-01-31T12:00:00Z
        clusters:
          - priority: 10              # the lowest is tried first
            cluster: mesh.example.org
            operator: <the 64 hexadecimal digits that its operator publishes>
        """

    /// - Throws: ``DraftFault`` for the first key that a reader of the record would stumble over.
    init(yaml text: String, now: UnixSeconds) throws(DraftFault) {
        let root = try DraftMapping(yaml: text, keys: ["domain", "seq", "expires", "clusters"])
        self.domain = try root.domain("domain")
        self.sequence = try root.number("seq", in: DraftMapping.sequences)
        self.expires = try root.expiry(now: now, limit: BootstrapRecord.maximumLifetime)
        let keys = ["priority", "cluster", "operator"]
        let items = try root.list("clusters", limit: BootstrapRecord.maximumEntryCount, keys: keys)
        var entries: [BootstrapEntry] = []
        for item in items { entries.append(try item.entry(after: entries)) }
        self.entries = entries
    }

    /// - Throws: ``DraftFault`` if the record would be too long.
    func record(signer: Ed25519.PublicKey) throws(DraftFault) -> BootstrapRecord {
        do throws(WireError) {
            return try BootstrapRecord(
                domain: self.domain,
                signer: signer,
                sequence: self.sequence,
                expires: self.expires,
                entries: self.entries
            )
        } catch .wireTooLong(let byteCount) {
            throw DraftFault(
                "clusters",
                "make a record of \(byteCount) bytes, and 1200 is the most; leave some clusters out"
            )
        } catch {
            throw DraftFault("clusters", "can't be put into a record: \(error)")
        }
    }
}

extension DraftMapping {
    fileprivate func entry(after earlier: [BootstrapEntry]) throws(DraftFault) -> BootstrapEntry {
        let priority = try self.number("priority", in: 0...UInt64(UInt16.max))
        let cluster = try self.domain("cluster")
        let same = earlier.firstIndex { UInt64($0.priority) == priority && $0.clusterDomain.zone == cluster.zone }
        if let same {
            throw DraftFault(self.place(of: "cluster"), "is clusters[\(same + 1)] already, with the same priority")
        }
        return BootstrapEntry(
            priority: UInt16(clamping: priority),
            clusterDomain: cluster,
            operatorKey: try self.publicKey("operator")
        )
    }

    private func publicKey(_ key: String) throws(DraftFault) -> Ed25519.PublicKey {
        let text = try self.text(key)
        do {
            return try Ed25519.PublicKey(hex: text)
        } catch {
            throw DraftFault(
                self.place(of: key),
                "must be 64 hexadecimal digits, as `dnsmesh operator show` prints them"
            )
        }
    }
}
