import DMPCrypto
import DMPNetwork
import DMPProtocol

/// A record that was just signed.
struct NewRecord: Sendable {
    let value: TXTValue
    let owner: OwnerName
    let expires: UnixSeconds
    let signer: Ed25519.PublicKey
    /// What the record says, line by line.
    let facts: String
    let factMembers: [JSONValue.Member]
}

/// A new record and what became of it, as people and programs see it.
struct SignedRecordView: CommandResult {
    let record: NewRecord
    let savedPath: String?
    let outcomes: [RecordPublication.Outcome]

    /// The record comes last, on a line of its own.
    var text: String {
        var lines = [
            self.record.facts, "  key:   \(self.record.signer)", "  owner: \(self.record.owner)",
            "  bytes: \(self.record.value.byteCount)",
        ]
        if let path = self.savedPath { lines.append("saved to \(TerminalText.line(path))") }
        lines += self.outcomes.map { outcome in
            if let lifetime = outcome.lifetime { return "published to \(outcome.endpoint) for \(lifetime) seconds" }
            return "not published to \(outcome.endpoint): \(TerminalText.line(outcome.failure ?? "no answer"))"
        }
        return (lines + [TerminalText.line(self.record.value.text)]).joined(separator: "\n")
    }

    var json: JSONValue {
        .object(
            self.record.factMembers + [
                .init(key: "signer_spk", value: .text(self.record.signer.hex)),
                .init(key: "dns_name", value: .text(self.record.owner.text)),
                .init(key: "wire", value: .text(self.record.value.text)),
                .init(key: "saved", value: .optional(self.savedPath)),
                .init(key: "published", value: .array(self.outcomes.map(\.json))),
            ]
        )
    }
}

extension RecordPublication.Outcome {
    fileprivate var json: JSONValue {
        [
            "endpoint": .text(self.endpoint.text), "ok": .bool(self.lifetime != nil),
            "ttl": self.lifetime.map { .number(Int64($0)) } ?? .null, "error": .optional(self.failure),
        ]
    }
}

extension SigningOptions {
    /// Saves and publishes a record, and says what became of it.
    ///
    /// - Throws: ``CommandFailure`` with exit code 2 if a node did not take it, after the result was printed.
    func finish(_ record: NewRecord, endpoints: [HTTPEndpoint]) async throws {
        let context = CommandContext.current
        let publication = RecordPublication(
            value: record.value,
            owner: record.owner,
            expires: record.expires,
            token: endpoints.isEmpty ? nil : try await self.token(),
            clock: context.clock,
            now: context.now()
        )
        try await self.write(record.value)
        let outcomes = try await publication.run(at: endpoints)
        try self.output.write(SignedRecordView(record: record, savedPath: self.save, outcomes: outcomes))
        let failed = outcomes.filter { $0.lifetime == nil }
        guard failed.isEmpty else {
            throw CommandFailure.network(
                "\(failed.count) of \(outcomes.count) nodes did not take the record; run the command again"
            )
        }
        if let shortest = outcomes.compactMap(\.lifetime).min(),
            UInt64(shortest) < context.now().seconds(until: record.expires)
        {
            context.console.message(
                "the nodes forget the record in \(shortest) seconds: publish it again before, or give them the file"
            )
        }
    }
}
