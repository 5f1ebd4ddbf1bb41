/// Where we and the reference part. Everything else in the vectors must agree exactly.
enum LenientForms {
    struct Family: Sendable {
        /// The vector file and its list, as in `manifest.parse`.
        let list: String
        /// The ids of the cases that the reference accepts and we refuse.
        let ids: Set<String>
        let reason: String
    }

    static let families: [Family] = [
        Family(
            list: "manifest.parse",
            ids: base64Forms(of: ["tamper", "tamper-bare"]),
            reason: "not canonical base64: one signed blob shall have one text"
        ),
        Family(
            list: "identity.parse",
            ids: base64Forms(of: ["tamper", "tamper-v2"]),
            reason: "not canonical base64: one signed blob shall have one text"
        ),
        Family(
            list: "prekey.parse",
            // The text of a prekey needs no padding, so these three forms are refused by the reference as well.
            ids: base64Forms(of: ["tamper"]).subtracting([
                "tamper/base64/semicolon-after", "tamper/base64/text-after-the-end",
                "tamper/base64/trailing-bits-set", "tamper/base64/text-after-pad",
            ]),
            reason: "not canonical base64: one signed blob shall have one text"
        ),
        Family(
            list: "manifest.sign",
            ids: ["signer-differs-from-spk"],
            reason: "signed by another key than the record names: nobody could verify it"
        ),
        Family(
            list: "identity.sign",
            ids: ["signer-differs-from-spk"],
            reason: "signed by another key than the record names: nobody could verify it"
        ),
        Family(
            list: "cluster.parse",
            ids: ["tamper/base64/trailing-bits-set"],
            reason: "not canonical base64: one signed blob shall have one text"
        ),
        Family(
            list: "cluster.parse",
            ids: ["raw/zero-nodes"],
            reason: "a cluster without nodes: each quorum would be reached at once"
        ),
        Family(
            list: "bootstrap.parse",
            ids: ["tamper/base64/extra-pad-1", "tamper/base64/extra-pad-4"],
            reason: "not canonical base64: one signed blob shall have one text"
        ),
        Family(
            list: "rotation.parse",
            ids: ["tamper/base64/trailing-bits-set"],
            reason: "not canonical base64: one signed blob shall have one text"
        ),
        Family(
            list: "rotation.sign",
            ids: oddSubjects.union(["bootstrap-subject/two-dots"]),
            reason: "two dots at the end, white space at an edge, or control characters: nothing honest has them"
        ),
        Family(
            list: "rotation.parse",
            ids: Set(oddSubjects.map { "signed/\($0)" }).union([
                "signed/bootstrap-subject/two-dots", "raw/subject-cluster-two-dots", "raw/subject-user-two-dots",
            ]),
            reason: "two dots at the end, white space at an edge, or control characters: nothing honest has them"
        ),
        Family(
            list: "revocation.parse",
            ids: ["tamper/base64/trailing-bits-set"],
            reason: "not canonical base64: one signed blob shall have one text"
        ),
        Family(
            list: "revocation.sign",
            ids: oddSubjects,
            reason: "two dots at the end, white space at an edge, or control characters: nothing honest has them"
        ),
        Family(
            list: "revocation.parse",
            ids: Set(oddSubjects.map { "signed/\($0)" }),
            reason: "two dots at the end, white space at an edge, or control characters: nothing honest has them"
        ),
        Family(
            list: "names.parse_address",
            ids: ["a@b@c"],
            reason: "two @: no host holds one"
        ),
        Family(
            list: "envelope.canonicalize",
            ids: ["59", "61", "62"],
            reason: "a line break inside the address: nothing honest has one"
        ),
        Family(
            list: "envelope.decode",
            ids: ["escaped-newline-in-address"],
            reason: "a line break inside the address: the line is taken away, its claim is not used"
        ),
        Family(
            list: "message.cases",
            ids: ["ts-float", "ts-string", "ts-null", "ts-true", "ts-exponent", "ts-2^70"],
            reason: "numbers must be integers that fit 64 bits with sign"
        ),
        Family(
            list: "message.cases",
            ids: ["msg-id-15-bytes", "sender-empty"],
            reason: "ids must have their lengths"
        ),
        Family(
            list: "chunk.txt",
            ids: [
                "keys-reordered", "spaces", "no-type", "no-data", "version-2", "data-twice-last-wins", "metadata",
                "metadata-broken", "unknown-key", "part-without-equals", "base64-space-inside", "base64-cut-1",
                "base64-star", "base64-bad", "two-records-glued",
            ],
            reason: "only the exact prefix and canonical base64: the manifest fixes the bytes anyway"
        ),
        Family(
            list: "chunk.unwrap",
            ids: ["checksum-of-nothing-and-32-zeros", "short-block-5", "long-block-223", "two-codewords"],
            reason: "a chunk has 168 bytes"
        ),
    ]

    /// The cases of `whole.receive` in which we deliver what the reference does not.
    static let repaired: [String: String] = [
        // One wrong byte in each of two chunks. The reference compares hashes before it repairs, and so never repairs.
        "byte-errors-in-too-many-chunks": "hello bob"
    ]

    /// Whether the reference accepts this case and we don't.
    static func refuses(_ list: String, _ id: String) -> Bool {
        self.families.contains { $0.list == list && $0.ids.contains(id) }
    }

    private static let oddSubjects: Set = [
        "user-subject/host-two-dots", "user-subject/spaces-around", "user-subject/nbsp-around-host",
        "user-subject/newline-after-host", "user-subject/control-in-user", "cluster-subject/two-dots",
    ]

    private static func base64Forms(of groups: [String]) -> Set<String> {
        let forms = [
            "space-inside", "newline-inside", "leading-space", "trailing-space", "trailing-newline", "trailing-nul",
            "star-inside", "semicolon-after", "extra-pad-1", "extra-pad-4", "leading-pad", "pad-inside",
            "text-after-the-end", "trailing-bits-set", "text-after-pad",
        ]
        return Set(groups.flatMap { group in forms.map { "\(group)/base64/\($0)" } })
    }
}
