import DNSMeshCommands

@main
struct Main {
    static func main() async {
        await DNSMeshCommand.main()
    }
}
