import CFuzzer
import Foundation

// usage: fuzz --list
//        fuzz TARGET [options of libFuzzer] [folders of inputs] [files to try once]

let arguments = CommandLine.arguments
guard let target = Selected.target else {
    let names = FuzzTarget.all.map(\.name)
    print(names.joined(separator: "\n"))
    exit(arguments.dropFirst().first == "--list" ? 0 : 1)
}

// libFuzzer sees the command line without the name of the target.
var passed = ([arguments[0], "-max_len=\(target.maximumByteCount)"] + arguments.dropFirst(2)).map { strdup($0) }
exit(run_fuzzer(CInt(passed.count), &passed) { bytes, count in Selected.run(bytes, count) })
