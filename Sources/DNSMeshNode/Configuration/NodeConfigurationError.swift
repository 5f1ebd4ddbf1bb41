/// A setting that the node can't start with.
public struct NodeConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The environment variable or flag.
    public let variable: String
    /// What its value must be. Never the value itself, which may be a secret.
    public let rule: String

    public init(variable: String, rule: String) {
        self.variable = variable
        self.rule = rule
    }

    /// One line: the variable, then the rule.
    public var description: String { "\(self.variable) \(self.rule)" }
}
