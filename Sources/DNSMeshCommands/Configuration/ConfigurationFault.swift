/// What is wrong inside a `config.yaml`, without the name of the file.
struct ConfigurationFault: Error, Hashable {
    /// The key or line at fault, if it is known.
    var place: String?
    let problem: String
    let nextStep: String

    init(in place: String? = nil, _ problem: String, next nextStep: String) {
        self.place = place
        self.problem = problem
        self.nextStep = nextStep
    }
}

extension ConfigurationFault: CustomStringConvertible {
    var description: String {
        let place = self.place.map { "\($0): " } ?? ""
        return "\(place)\(self.problem); \(self.nextStep)"
    }
}
