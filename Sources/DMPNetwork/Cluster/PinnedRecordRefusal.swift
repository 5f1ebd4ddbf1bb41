package import DMPCrypto
public import DMPProtocol
package import DNSTransport

/// Why nothing at a name is the record that a pinned key has signed.
///
/// Of several values that are refused, the one that came closest gives the reason.
public enum PinnedRecordRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// Nobody could say what the name holds.
    case unreachable(NetworkFailure)
    /// The name holds no record of this kind.
    case absent
    /// None of the records is signed by the pinned key.
    case otherSigner
    /// The pinned key has signed a record that breaks the format.
    case malformed(WireError)
    /// The pinned key has signed a record for another name.
    case otherName
    /// The record's last second has passed.
    case expired
    /// The record expires later than any honest record would.
    case tooFarAhead

    public var description: String {
        switch self {
        case .unreachable(let failure): "no answer: \(failure)"
        case .absent: "there is no record of this kind"
        case .otherSigner: "no record is signed by the pinned key"
        case .malformed(let error): "the record is malformed: \(error)"
        case .otherName: "the record is for another name"
        case .expired: "the record has expired"
        case .tooFarAhead: "the record expires later than any honest record would"
        }
    }
}

extension PinnedRecordRefusal {
    /// `nil` for a value that is no record of the kind looked for.
    fileprivate init?(_ error: WireError) {
        switch error {
        case .notThisKind: return nil
        case .signature, .signerMismatch: self = .otherSigner
        case .nameMismatch: self = .otherName
        case .expired: self = .expired
        case .tooFarAhead: self = .tooFarAhead
        default: self = .malformed(error)
        }
    }

    /// How far verification came.
    fileprivate var progress: Int {
        switch self {
        case .unreachable, .absent: 0
        case .malformed: 1
        case .otherSigner: 2
        case .otherName: 3
        case .tooFarAhead: 4
        case .expired: 5
        }
    }
}

extension Signed where Body: PinnedSignerBody {
    /// Verifies every one of `values` and takes the one with the highest sequence, the first of equals.
    package static func newest(
        of values: [TXTValue],
        pinned key: Ed25519.PublicKey,
        name: ZoneName,
        now: UnixSeconds
    ) -> Result<Signed, PinnedRecordRefusal> {
        var newest: Signed?
        var refusal = PinnedRecordRefusal.absent
        for value in values {
            do throws(WireError) {
                let record = try Signed(verifying: value, now: now, pinned: key, name: name)
                if newest.map({ $0.body.sequence < record.body.sequence }) ?? true { newest = record }
            } catch {
                if let other = PinnedRecordRefusal(error), other.progress > refusal.progress { refusal = other }
            }
        }
        return newest.map(Result.success) ?? .failure(refusal)
    }

    /// Reads a name and takes the newest record of the pinned key. The time is taken after the answer has come.
    package static func fetchNewest(
        at owner: OwnerName,
        through reader: any RecordReader,
        pinned key: Ed25519.PublicKey,
        name: ZoneName,
        deadline: ErasedClock.Instant,
        now: @Sendable () -> UnixSeconds
    ) async throws(CancellationError) -> Result<Signed, PinnedRecordRefusal> {
        switch try await reader.read(owner, absence: .decisive, deadline: deadline) {
        case .records(let values): Self.newest(of: values, pinned: key, name: name, now: now())
        case .absent: .failure(.absent)
        case .unavailable(let failure): .failure(.unreachable(failure))
        }
    }
}
