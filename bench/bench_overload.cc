// One phase of load on Recommend for `./kontor bench overload` (overload.py), which reads the server's CPU time and
// metrics between phases. Prints one line per figure: name and value, separated by a tab.
//
//   bench_overload closed --concurrency N …   so many calls on their way at any time
//   bench_overload open --rate N …            so many calls a second, whatever becomes of them
//   bench_overload flood --rate N …           the same, but never more than --outstanding on their way
//   bench_overload slices --rate N …          the same, with the 99th percentile of every half second
//
// All take --address, --key-file, --requests (request_mix.h), --seconds and --deadline-ms.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "bench/load_generator.h"
#include "bench/recommend_target.h"
#include "bench/request_mix.h"
#include "libs/base/status.h"
#include "services/kontorctl/arguments.h"

namespace kontor::bench {
namespace {

constexpr int kConnections = 8;
constexpr absl::Duration kSlice = absl::Milliseconds(500);
constexpr size_t kDeadlineExceeded = 4, kResourceExhausted = 8, kUnauthenticated = 16;

void Print(const std::string& name, double value) { std::printf("%s\t%.6f\n", name.c_str(), value); }

void PrintResult(const LoadResult& result, const RecommendTarget& target) {
  const auto codes = target.Codes();
  Print("seconds", result.seconds);
  Print("ok", static_cast<double>(result.latencies_us.size()));
  Print("refused", static_cast<double>(codes[kResourceExhausted] + codes[kUnauthenticated]));
  Print("expired", static_cast<double>(codes[kDeadlineExceeded]));
  Print("failed", static_cast<double>(result.errors - codes[kResourceExhausted] - codes[kUnauthenticated] -
                                      codes[kDeadlineExceeded]));
  Print("rps", result.rate());
  Print("p50_ms", result.QuantileMs(0.5));
  Print("p99_ms", result.QuantileMs(0.99));
}

// Slice after slice without a pause: a slice's calls may end while the next one's start.
void RunSlices(const StartCall& calls, double rate, absl::Duration duration) {
  const auto per_slice = static_cast<int64_t>(rate * absl::ToDoubleSeconds(kSlice));
  int number = 0;
  for (absl::Duration done; done < duration; done += kSlice, ++number) {
    const LoadResult slice = RunOpenLoop(calls, rate, kSlice, number * per_slice);
    Print(absl::StrCat("slice_", number, "_p99_ms"), slice.QuantileMs(0.99));
    Print(absl::StrCat("slice_", number, "_errors"), static_cast<double>(slice.errors));
  }
}

absl::Status Run(const std::vector<std::string>& words) {
  if (words.empty()) return absl::InvalidArgumentError("say closed, open, flood or slices");
  ASSIGN_OR_RETURN(
      const ctl::Arguments arguments,
      ctl::Arguments::Parse(
          std::vector<std::string>(words.begin() + 1, words.end()),
          {"address", "key-file", "requests", "rate", "concurrency", "seconds", "outstanding", "deadline-ms"}, {}));
  ASSIGN_OR_RETURN(const int64_t rate, arguments.Int("rate", 500));
  ASSIGN_OR_RETURN(const int64_t concurrency, arguments.Int("concurrency", 32));
  ASSIGN_OR_RETURN(const int64_t seconds, arguments.Int("seconds", 5));
  ASSIGN_OR_RETURN(const int64_t outstanding, arguments.Int("outstanding", 1000));
  ASSIGN_OR_RETURN(const int64_t deadline_ms, arguments.Int("deadline-ms", 1000));
  ASSIGN_OR_RETURN(const RequestMix mix, RequestMix::Load(arguments.Get("requests"), "shops/default"));
  std::ifstream file(arguments.Get("key-file"));
  const std::string key(
      absl::StripAsciiWhitespace(std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>())));

  RecommendTarget target(arguments.Get("address"), key, kConnections);
  const StartCall calls = target.Calls(mix, absl::Milliseconds(deadline_ms));
  if (words[0] == "closed") {
    PrintResult(RunClosedLoop(calls, static_cast<int>(concurrency), absl::Seconds(seconds)), target);
  } else if (words[0] == "open") {
    PrintResult(RunOpenLoop(calls, static_cast<double>(rate), absl::Seconds(seconds)), target);
  } else if (words[0] == "flood") {
    PrintResult(RunFlood(calls, static_cast<double>(rate), static_cast<int>(outstanding), absl::Seconds(seconds)),
                target);
  } else if (words[0] == "slices") {
    RunSlices(calls, static_cast<double>(rate), absl::Seconds(seconds));
  } else {
    return absl::InvalidArgumentError(absl::StrCat("there is no phase ", words[0]));
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace kontor::bench

int main(int argc, char** argv) {
  const absl::Status status = kontor::bench::Run(std::vector<std::string>(argv + 1, argv + argc));
  if (status.ok()) return 0;
  std::fprintf(stderr, "bench_overload: %s\n", std::string(status.message()).c_str());
  return 1;
}
