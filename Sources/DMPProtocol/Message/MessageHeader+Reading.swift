extension MessageHeader {
    /// Reads a header in any JSON spelling: white space, any order, unknown members, hexadecimal digits of either case
    /// with white space between pairs. The last of repeated members counts.
    ///
    /// Stricter than the reference in three ways, none of which an honest header meets: numbers must be integers that
    /// fit 64 bits with sign, ids must have their lengths, and nesting is bounded.
    ///
    /// - Throws: ``MessageError/header(_:)``, ``MessageError/headerField(_:)``.
    package init(json text: ArraySlice<UInt8>) throws(MessageError) {
        let members: HeaderMembers
        do {
            members = HeaderMembers(object: try JSONObject(text))
        } catch {
            throw .header(MessageError.HeaderFault(error))
        }
        self.version = try members.integer(.version)
        guard let kind = Kind(rawValue: String(decoding: try members.string(.type), as: UTF8.self)) else {
            throw .headerField(.type)
        }
        self.kind = kind
        do { self.messageID = try MessageID(members.digits(.messageID)) } catch { throw .headerField(.messageID) }
        do { self.sender = try UserID(members.digits(.sender)) } catch { throw .headerField(.sender) }
        do { self.recipient = try UserID(members.digits(.recipient)) } catch { throw .headerField(.recipient) }
        self.total = try members.integer(.total)
        self.chunk = try members.integer(.chunk)
        self.sentAt = try members.integer(.timestamp)
        self.ttl = try members.integer(.ttl)
    }
}

/// The members of a header, each of which must be there and of its type.
private struct HeaderMembers {
    let object: JSONObject

    func integer(_ field: MessageError.HeaderField) throws(MessageError) -> Int64 {
        guard case .integer(let value) = self.object[field.rawValue] else { throw .headerField(field) }
        return value
    }

    func string(_ field: MessageError.HeaderField) throws(MessageError) -> [UInt8] {
        guard case .string(let value) = self.object[field.rawValue] else { throw .headerField(field) }
        return value
    }

    func digits(_ field: MessageError.HeaderField) throws(MessageError) -> [UInt8] {
        guard let bytes = HexDigits.bytes(try self.string(field)) else { throw .headerField(field) }
        return bytes
    }
}

extension MessageError.HeaderFault {
    init(_ error: JSONError) {
        self =
            switch error {
            case .notUTF8: .notUTF8
            case .notAnObject: .notAnObject
            case .syntax: .syntax
            case .tooDeep: .tooDeep
            }
    }
}
