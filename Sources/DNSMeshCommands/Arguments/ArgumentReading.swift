import ArgumentParser
import DMPNetwork
import DMPProtocol

/// Reading domain types off the command line: what can't be one is a usage error that says why.
enum ArgumentReading {
    static func zone(_ text: String) throws -> ZoneName {
        do { return try ZoneName(text.trimmingSpaces) } catch { throw ValidationError("\(error)") }
    }

    static func endpoint(_ text: String) throws -> HTTPEndpoint {
        do { return try HTTPEndpoint(text) } catch { throw ValidationError(error.message) }
    }

    static func fingerprint(_ text: String) throws -> Fingerprint {
        guard let fingerprint = Fingerprint(text) else {
            throw ValidationError("a fingerprint has 16 hexadecimal digits")
        }
        return fingerprint
    }

    static func port(_ text: String) throws -> Int {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(text), (1...65_535).contains(port)
        else {
            throw ValidationError("a port is a number from 1 to 65535")
        }
        return port
    }

    /// A number of seconds, from 1 to what 32 bits hold.
    static func seconds(_ text: String) throws -> UInt32 {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let seconds = UInt32(text), seconds > 0 else {
            throw ValidationError("a time is a whole number of seconds, at least 1")
        }
        return seconds
    }

    /// A time in seconds that may have a fraction, at most an hour.
    static func duration(_ text: String) throws -> Duration {
        guard let seconds = Double(text), seconds > 0, seconds <= 3600 else {
            throw ValidationError("a time is a number of seconds above 0, at most 3600")
        }
        return .seconds(seconds)
    }

    /// A number from 1 on.
    static func count(_ text: String) throws -> Int {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(text), count > 0 else {
            throw ValidationError("it must be a whole number, at least 1")
        }
        return count
    }

    static func contactName(_ text: String) throws -> String {
        let isVisible = text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
        guard !text.isEmpty, isVisible else {
            throw ValidationError("a contact's name must not be empty or hold control characters")
        }
        return text
    }
}

extension String {
    var trimmingSpaces: String {
        guard let first = self.firstIndex(where: { !$0.isWhitespace }),
            let last = self.lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
