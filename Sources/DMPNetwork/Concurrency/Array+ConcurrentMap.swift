extension Array where Element: Sendable {
    /// Transforms all elements, at most `width` (at least 1) at a time, and keeps their order.
    ///
    /// After the first error no further element is started, and those under way are cancelled. If the task is cancelled,
    /// those under way are cancelled too, and the others are still handed to `transform`, which is to notice by itself.
    ///
    /// - Throws: The first error that `transform` throws.
    package func concurrentMap<Value: Sendable, Failure: Error>(
        width: Int,
        _ transform: @escaping @Sendable (Element) async throws(Failure) -> Value
    ) async throws(Failure) -> [Value] {
        let outcome = await withTaskGroup(of: (Int, Result<Value, Failure>).self) { group in
            var waiting = self.enumerated().makeIterator()
            var values = [Value?](repeating: nil, count: self.count)
            var failure: Failure?
            func startOne() {
                guard let (index, element) = waiting.next() else { return }
                group.addTask {
                    do throws(Failure) {
                        return (index, .success(try await transform(element)))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            for _ in 0..<Swift.min(self.count, Swift.max(1, width)) { startOne() }
            while let (index, result) = await group.next() {
                switch result {
                case .success(let value): values[index] = value
                case .failure(let error) where failure == nil:
                    failure = error
                    group.cancelAll()
                case .failure: break
                }
                if failure == nil { startOne() }
            }
            return failure.map(Result.failure) ?? .success(values.compactMap(\.self))
        }
        return try outcome.get()
    }
}
