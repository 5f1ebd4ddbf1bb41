import DMPCrypto
import DMPProtocol

extension FuzzTarget {
    static let records = [
        body("record-manifest", SlotManifest.self),
        body("record-prekey", Prekey.self),
        // The list of versions that goes without saying may be written out.
        body("record-identity", IdentityRecord.self) { $0.elementsEqual($1 + [1, 1]) },
        // A domain may have a dot at its end, which goes.
        body("record-cluster", ClusterManifest.self) { $0.count == $1.count + 1 },
        // The same, and the entries may come in any order.
        body("record-bootstrap", BootstrapRecord.self) {
            ($1.count...$1.count + 17).contains($0.count) && ($0.count != $1.count || $0.sorted() == $1.sorted())
        },
        body("record-rotation", RotationRecord.self),
        body("record-revocation", RevocationRecord.self),
        // A whole TXT value: the prefix decides which parser takes it. A signature that holds is not to be had here.
        FuzzTarget("record-text", upTo: 4_096) { input in
            let value = TXTValue(Array(input))
            let now = UnixSeconds(rawValue: 1_800_000_000)
            guard let key = try? Ed25519.PublicKey([UInt8](repeating: 9, count: 32)) else { return }
            var taken = 0
            if (try? Signed<SlotManifest>(parsing: value, now: now)) != nil { taken += 1 }
            if (try? Signed<IdentityRecord>(parsing: value, now: now)) != nil { taken += 1 }
            if (try? Signed<Prekey>(parsing: value, now: now, signer: key)) != nil { taken += 1 }
            if (try? Signed<ClusterManifest>(parsing: value, now: now, signer: key)) != nil { taken += 1 }
            if (try? Signed<BootstrapRecord>(parsing: value, now: now, signer: key)) != nil { taken += 1 }
            if (try? Signed<RotationRecord>(parsing: value, now: now)) != nil { taken += 1 }
            if (try? Signed<RevocationRecord>(parsing: value, now: now)) != nil { taken += 1 }
            require(taken <= 1, "the value is of several kinds")
        },
    ]

    /// The signed bytes of a record: encodes back to itself, or to a form that is the same record.
    private static func body<Body: RecordBody>(
        _ name: String,
        _ kind: Body.Type,
        isTolerated: @escaping @Sendable (_ input: ArraySlice<UInt8>, _ encoded: [UInt8]) -> Bool = { _, _ in false }
    ) -> FuzzTarget {
        FuzzTarget(name, upTo: 4_096) { input in
            guard Body.bodyByteCounts.contains(input.count), let record = try? Body(signedBody: input) else { return }
            let encoded = record.encoded
            guard !encoded.elementsEqual(input) else { return }
            require(isTolerated(input, encoded), "encodes to other bytes")
            guard let again = try? Body(signedBody: encoded[...]) else { fatalError("what was encoded is refused") }
            require(again == record, "what was encoded is another record")
        }
    }
}
