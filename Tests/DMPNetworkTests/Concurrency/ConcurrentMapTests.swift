import DMPNetwork
import Testing

@Suite("Mapping concurrently")
struct ConcurrentMapTests {
    struct Odd: Error, Equatable { let number: Int }

    @Test("All elements are transformed in their order", arguments: [0, 1, 2, 3, 50], [-1, 1, 2, 100])
    func order(count: Int, width: Int) async {
        let doubled = await Array(0..<count).concurrentMap(width: width) { $0 * 2 }
        #expect(doubled == (0..<count).map { $0 * 2 })
    }

    @Test("No more than the width run at a time, and that many do")
    func width() async {
        let running = Shared((now: 0, most: 0))
        _ = await Array(0..<20).concurrentMap(width: 3) { _ in
            running.change { state in
                state.now += 1
                state.most = max(state.most, state.now)
            }
            while running.value.most < 3 { await Task.yield() }
            running.change { $0.now -= 1 }
        }
        #expect(running.value.most == 3)
    }

    @Test("The first error is thrown, and nothing is started after it")
    func firstError() async {
        let started = Shared(0)
        await #expect(throws: Odd(number: 1)) {
            try await Array(0..<100).concurrentMap(width: 1) { number async throws(Odd) in
                started.change { $0 += 1 }
                if number % 2 == 1 { throw Odd(number: number) }
                return number
            }
        }
        #expect(started.value == 2)
    }

    @Test("An error cancels what is under way")
    func errorCancels() async {
        let clock = ContinuousClock()
        await #expect(throws: Odd(number: 0)) {
            try await [0, 1, 2].concurrentMap(width: 3) { number in
                if number == 0 { throw Odd(number: 0) }
                try await clock.sleep(for: .seconds(3600))
            }
        }
    }

    @Test("Cancellation reaches the elements")
    func cancellation() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await #expect(throws: CancellationError.self) {
                    try await Array(0..<10).concurrentMap(width: 2) { _ in
                        try await Task.sleep(for: .seconds(3600))
                    }
                }
            }
            group.cancelAll()
        }
    }
}
