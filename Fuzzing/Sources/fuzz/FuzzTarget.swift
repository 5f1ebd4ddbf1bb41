/// One parser and the rules that every input must keep.
struct FuzzTarget: Sendable {
    let name: String
    /// The longest input worth trying: a little more than the parser takes.
    let maximumByteCount: Int
    /// How many bytes a parse, with what the checks below it need, may allocate in all for each byte of input.
    let allocationFactor: Int
    /// How many bytes it may allocate for any input.
    let allocationBase: Int
    let run: @Sendable (ArraySlice<UInt8>) -> Void

    init(
        _ name: String,
        upTo maximumByteCount: Int,
        allocationFactor: Int = 100,
        allocationBase: Int = 65_536,
        run: @escaping @Sendable (ArraySlice<UInt8>) -> Void
    ) {
        self.name = name
        self.maximumByteCount = maximumByteCount
        self.allocationFactor = allocationFactor
        self.allocationBase = allocationBase
        self.run = run
    }

    /// The most that may be allocated for an input: linear in its size.
    func allocation(forByteCount count: Int) -> Int { self.allocationBase + self.allocationFactor * count }

    static let all: [FuzzTarget] = dns + updates + records + messages + texts + files

    /// Breaks a rule on one input in 2³². Only who sees which branches an input takes finds it: so `scripts/fuzz` knows
    /// that the code is instrumented, and that a broken rule is noticed.
    static let selfTest = FuzzTarget("self-test", upTo: 16) { input in
        var rest = input
        guard rest.popFirst() == UInt8(ascii: "d") else { return }
        guard rest.popFirst() == UInt8(ascii: "n") else { return }
        guard rest.popFirst() == UInt8(ascii: "s") else { return }
        require(rest.popFirst() != UInt8(ascii: "m"), "found, as it should be")
    }
}
