// How good every source of recommendations and their ensemble are, by the protocols that are published.
//
//   bench_recommendations [--threads N] [--neural-seconds N] [--sequences FILE [--attributes FILE] |
//                         --interactions FILE | --sessions TRAIN,TEST]
//
// A network's training ends after so many seconds, 300 where nothing is said; 0 trains none.
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "bench/als_bench.h"
#include "bench/cold_bench.h"
#include "bench/figures.h"
#include "bench/off_policy_bench.h"
#include "bench/sequence_bench.h"
#include "bench/sequence_data.h"
#include "bench/session_bench.h"
#include "bench/session_data.h"
#include "libs/base/status.h"

namespace kontor::bench {
namespace {

constexpr char kUsage[] =
    "usage: bench_recommendations [--threads N] [--neural-seconds N] [--sequences FILE [--attributes FILE] | "
    "--interactions FILE | "
    "--sessions TRAIN,TEST]";

struct Options {
  int threads = 1;
  double neural_seconds = 300;
  std::string sequences, attributes, interactions;
  SessionFiles sessions;
};

absl::StatusOr<Options> ReadOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    if (name == "--sequences") {
      options.sequences = value;
    } else if (name == "--attributes") {
      options.attributes = value;
    } else if (name == "--interactions") {
      options.interactions = value;
    } else if (const size_t comma = value.find(','); name == "--sessions" && comma != std::string::npos) {
      options.sessions = {value.substr(0, comma), value.substr(comma + 1)};
    } else if (name == "--neural-seconds" && absl::SimpleAtod(value, &options.neural_seconds)) {
      if (!(options.neural_seconds >= 0)) return absl::InvalidArgumentError(kUsage);
    } else if (name != "--threads" || !absl::SimpleAtoi(value, &options.threads) || options.threads < 1) {
      return absl::InvalidArgumentError(kUsage);
    }
  }
  if (argc % 2 == 0) return absl::InvalidArgumentError(kUsage);
  return options;
}

class Bench {
 public:
  explicit Bench(const Options& options) : options_(options) {}

  absl::Status Run() {
    figures_.push_back({"network_seconds", options_.neural_seconds, "s", std::nullopt,
                        "that each network may learn, each time; more is better"});
    if (!options_.sequences.empty()) {
      RETURN_IF_ERROR(Sequences("", options_.sequences, options_.attributes));
    } else if (!options_.interactions.empty()) {
      ASSIGN_OR_RETURN(const SequenceData data, ReadInteractions(options_.interactions));
      files_.push_back(options_.interactions);
      RETURN_IF_ERROR(RunSequences(data, {"", options_.threads, options_.neural_seconds}, figures_));
    } else if (!options_.sessions.train.empty()) {
      RETURN_IF_ERROR(Sessions("", options_.sessions));
    } else {
      RETURN_IF_ERROR(Everything());
    }
    return WriteFigures(figures_, files_);
  }

 private:
  absl::Status Everything() {
    const char* folder = std::getenv("KONTOR_DATA_DIR");
    const std::string data = absl::StrCat(folder != nullptr ? folder : "../shared/data", "/");
    RETURN_IF_ERROR(
        Sequences("", absl::StrCat(data, "s3rec/Beauty.txt"), absl::StrCat(data, "s3rec/Beauty_item2attributes.json")));
    RETURN_IF_ERROR(Sequences("sports_", absl::StrCat(data, "s3rec/Sports_and_Outdoors.txt"),
                              absl::StrCat(data, "s3rec/Sports_and_Outdoors_item2attributes.json")));
    RETURN_IF_ERROR(Sessions("diginetica_", {absl::StrCat(data, "diginetica/train_sessions.txt"),
                                             absl::StrCat(data, "diginetica/test_prefixes.txt")}));
    RETURN_IF_ERROR(RunOffPolicy(absl::StrCat(data, "obd"), figures_, files_));
    RunVectorScan(figures_);
    RunMemory(figures_);
    return RunAlsSpeed(nullptr, "synthetic_", figures_);
  }

  absl::Status Sessions(const std::string& prefix, const SessionFiles& files) {
    std::cout << files.train << "\n" << std::flush;
    ASSIGN_OR_RETURN(const SessionData data, ReadSessions(files));
    files_.insert(files_.end(), {files.train, files.test});
    return RunSessions(data, {prefix, options_.threads, options_.neural_seconds}, figures_);
  }

  absl::Status Sequences(const std::string& prefix, const std::string& path, const std::string& attributes) {
    std::cout << path << "\n" << std::flush;
    ASSIGN_OR_RETURN(SequenceData data, ReadSequences(path));
    files_.push_back(path);
    if (!attributes.empty()) {
      RETURN_IF_ERROR(ReadAttributes(attributes, data.catalogue));
      files_.push_back(attributes);
    }
    const SequenceOptions run{prefix, options_.threads, options_.neural_seconds};
    RETURN_IF_ERROR(RunSequences(data, run, figures_));
    if (!attributes.empty()) RETURN_IF_ERROR(RunCold(data, run, figures_));
    RETURN_IF_ERROR(RunAlsQuality(data, prefix, figures_));
    return RunAlsSpeed(&data, prefix, figures_);
  }

  const Options options_;
  std::vector<Figure> figures_;
  std::vector<std::string> files_;
};

absl::Status Main(int argc, char** argv) {
  ASSIGN_OR_RETURN(const Options options, ReadOptions(argc, argv));
  return Bench(options).Run();
}

}  // namespace
}  // namespace kontor::bench

int main(int argc, char** argv) {
  const absl::Status status = kontor::bench::Main(argc, argv);
  if (!status.ok()) std::cerr << status.message() << "\n";
  return status.ok() ? 0 : 1;
}
