internal import DNSWire

/// Reads typed settings from environment variables. Outer white space is ignored, and an empty variable is an unset one.
struct EnvironmentReader {
    let environment: [String: String]

    func text(_ variable: String) -> String? {
        guard let raw = self.environment[variable] else { return nil }
        let text = raw.trimmingASCIIWhitespace()
        return text.isEmpty ? nil : String(text)
    }

    /// The first of some variables that is set.
    func firstText(_ variables: String...) -> (variable: String, text: String)? {
        for variable in variables {
            if let text = self.text(variable) { return (variable, text) }
        }
        return nil
    }

    func integer<Value: FixedWidthInteger>(
        _ variable: String,
        in range: ClosedRange<Value>
    ) throws(NodeConfigurationError) -> Value? {
        guard let text = self.text(variable) else { return nil }
        guard let value = Value(text), range.contains(value) else {
            throw self.error(variable, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func number(_ variable: String) throws(NodeConfigurationError) -> Double? {
        guard let text = self.text(variable) else { return nil }
        guard let value = Double(text), value.isFinite else { throw self.error(variable, "a number") }
        return value
    }

    /// 1, true, yes, on or 0, false, no, off in any case.
    func flag(_ variable: String) throws(NodeConfigurationError) -> Bool? {
        guard let text = self.text(variable) else { return nil }
        switch text.lowercased() {
        case "1", "true", "yes", "on": return true
        case "0", "false", "no", "off": return false
        default: throw self.error(variable, "1, true, yes, on, or 0, false, no, off")
        }
    }

    /// A value that `read` understands.
    func value<Value>(
        _ variable: String,
        _ rule: String,
        read: (String) -> Value?
    ) throws(NodeConfigurationError) -> Value? {
        guard let text = self.text(variable) else { return nil }
        guard let value = read(text) else { throw self.error(variable, rule) }
        return value
    }

    func domainName(_ variable: String) throws(NodeConfigurationError) -> DNSName? {
        try self.value(variable, "a domain name") { (text) -> DNSName? in
            do throws(DNSNameError) { return try DNSName(text) } catch { return nil }
        }
    }

    private func error(_ variable: String, _ rule: String) -> NodeConfigurationError {
        NodeConfigurationError(variable: variable, rule: "must be \(rule)")
    }
}
