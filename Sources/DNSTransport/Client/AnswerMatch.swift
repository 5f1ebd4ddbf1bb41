/// How an answer's question is spelled, compared with ours.
enum QuestionSpelling: Hashable, Sendable {
    /// Byte for byte.
    case exact
    /// With other upper and lower case letters.
    case folded
    /// Not at all: an error in which the server sends nothing but a header.
    case absent
}

/// Decides whether a message answers a query. Looks at header and question only, so that a stray one costs little.
///
/// - Parameters:
///   - answer: What came.
///   - query: What was sent: header, then one question with its name in full.
///   - questionEnd: Where the question ends in `query`.
/// - Returns: `nil` for anything but an answer to that question: a query, another opcode, another id, other questions.
func spelling(
    ofAnswer answer: [UInt8],
    toQuery query: [UInt8],
    questionEnd: Int
) -> QuestionSpelling? {
    let headerEnd = 12
    guard answer.count >= headerEnd, query.count >= questionEnd, questionEnd >= headerEnd + 5,
        answer[0] == query[0], answer[1] == query[1],
        answer[2] & 0xf8 == 0x80 | query[2] & 0x78  // QR set, the same opcode
    else { return nil }
    let questionCount = UInt16(answer[4]) << 8 | UInt16(answer[5])
    // Answers to updates needn't repeat the zone (RFC 2136, 3.8).
    if questionCount == 0 { return query[2] & 0x78 != 0 || isBareError(answer[3] & 0xf) ? .absent : nil }
    guard questionCount == 1, answer.count >= questionEnd else { return nil }
    guard answer[headerEnd..<questionEnd] != query[headerEnd..<questionEnd] else { return .exact }
    // Length bytes are below every letter, type and class are compared as they are.
    let nameEnd = questionEnd - 4
    guard answer[nameEnd..<questionEnd] == query[nameEnd..<questionEnd] else { return nil }
    for index in headerEnd..<nameEnd where folded(answer[index]) != folded(query[index]) { return nil }
    return .folded
}

/// FORMERR, SERVFAIL, NOTIMP, REFUSED and NOTAUTH come without a question from some servers.
private func isBareError(_ responseCode: UInt8) -> Bool {
    [1, 2, 4, 5, 9].contains(responseCode)
}

private func folded(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
}
