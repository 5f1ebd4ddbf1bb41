/// What is wrong in a file that says what is to be signed, without the name of the file.
struct DraftFault: Error, Hashable, CustomStringConvertible {
    /// The key at fault, such as `nodes[2].http`, with list items counted from 1; empty for the file as a whole.
    let place: String
    /// What is wrong, and what would be right.
    let problem: String

    init(_ place: String = "", _ problem: String) {
        self.place = place
        self.problem = problem
    }

    var description: String { self.place.isEmpty ? self.problem : "\(self.place): \(self.problem)" }
}
