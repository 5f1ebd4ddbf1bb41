import CFuzzer

/// The target that the command line names. libFuzzer calls a C function, which can carry no context.
enum Selected {
    static let target = (FuzzTarget.all + [.selfTest]).first { $0.name == CommandLine.arguments.dropFirst().first }

    /// Runs the target on one input and holds it to its bound on memory.
    static func run(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
        guard let target else { return 0 }
        // Index 7 first: whoever takes an index of a slice for an offset must fall.
        let padding = [UInt8](repeating: 0xa5, count: 7)
        let input = (padding + UnsafeBufferPointer(start: bytes, count: count))[7...]
        let limit = target.allocation(forByteCount: count)
        var allocated = self.allocation(of: target, on: input)
        // The tables that a codec makes at its first use aren't the input's.
        if allocated > limit { allocated = self.allocation(of: target, on: input) }
        require(allocated <= limit, "\(allocated) bytes were allocated for \(count) bytes of input")
        return 0
    }

    private static func allocation(of target: FuzzTarget, on input: ArraySlice<UInt8>) -> Int {
        allocation_count_start()
        target.run(input)
        return Int(allocation_count_end())
    }
}

/// Ends the process, by which libFuzzer knows that an input broke a rule, and keeps it.
func require(_ condition: Bool, _ message: @autoclosure () -> String) {
    if !condition { fatalError(message()) }
}
