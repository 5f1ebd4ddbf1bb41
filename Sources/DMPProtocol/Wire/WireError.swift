/// Why a TXT value was not taken as a record, or why a record can't be made.
///
/// ``notThisKind`` means "not ours": zones hold records of others, which a reader passes over in silence. Every other
/// case means "ours and bad".
public enum WireError: Error, Hashable, Sendable {
    /// The text does not start with the prefix of this record kind.
    case notThisKind
    /// The text is longer than the longest record of this kind, in bytes.
    case wireTooLong(Int)
    /// What follows the prefix is not canonical base64.
    case base64
    /// No record of this kind has this many decoded bytes.
    case length(Int)
    /// More bytes were asked for than are left.
    case truncated
    /// Bytes are left after the last field.
    case trailingBytes(Int)
    /// A field holds a value that its kind of record does not allow.
    case body(Field)
    /// The signature is not one of the signer over the body, or the signer's key is one that proves nothing.
    case signature
    /// The key that shall sign, or under which the record shall be verified, is not the key that the record names.
    case signerMismatch
    /// The record is for another name than the one asked for.
    case nameMismatch
    /// The record's last second has passed.
    case expired
    /// The record expires later than any honest record would.
    case tooFarAhead
    /// The record says that it was made later than clocks can differ.
    case issuedAhead
    /// The record is older than the caller allows.
    case tooOld

    /// The fields that a ``WireError/body(_:)`` can name.
    public enum Field: Hashable, Sendable {
        case messageID
        case userID
        case shareCount
        case dataCount
        case chunkHashes
        case prekeyID
        case username
        case versions
        case magic
        case clusterName
        case nodes
        case nodeID
        case httpEndpoint
        case dnsEndpoint
        case userDomain
        case entries
        case clusterDomain
        case subjectKind
        case subject
        case newKey
        case reason
    }
}
