// The load side of `./kontor bench serving` (serving.py): measures a running kontor-all beside a running bench_noop and
// prints one line per figure: name, value and unit, separated by tabs.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "bench/event_to_answer.h"
#include "bench/load_generator.h"
#include "bench/recommend_target.h"
#include "bench/request_mix.h"
#include "libs/base/status.h"
#include "services/kontorctl/arguments.h"

namespace kontor::bench {
namespace {

constexpr int kConnections = 8;
constexpr absl::Duration kSlice = absl::Seconds(2);
constexpr int kPerConnection[] = {1, 4, 12};

void Print(const std::string& name, double value, const char* unit) {
  std::printf("%s\t%.6f\t%s\n", name.c_str(), value, unit);
  std::fflush(stdout);
}

struct Contestant {
  std::string name;
  StartCall calls;
  LoadResult open_loop;
  double max_rps = 0;
  int64_t next = 0;
};

// Slices of both in turn, so that whatever else the machine does meets both.
void MeasureOpenLoop(std::vector<Contestant>& contestants, double rate, absl::Duration duration) {
  for (Contestant& each : contestants) RunOpenLoop(each.calls, rate, kSlice);
  for (absl::Duration done; done < duration; done += kSlice) {
    for (Contestant& each : contestants) {
      each.open_loop.Merge(RunOpenLoop(each.calls, rate, std::min(kSlice, duration - done), each.next));
      each.next += static_cast<int64_t>(rate * absl::ToDoubleSeconds(kSlice));
    }
  }
  for (const Contestant& each : contestants) {
    Print(each.name + "_p50_ms", each.open_loop.QuantileMs(0.5), "ms");
    Print(each.name + "_p99_ms", each.open_loop.QuantileMs(0.99), "ms");
    Print(each.name + "_p999_ms", each.open_loop.QuantileMs(0.999), "ms");
    Print(each.name + "_requests", static_cast<double>(each.open_loop.latencies_us.size()), "requests");
    Print(each.name + "_errors", static_cast<double>(each.open_loop.errors), "requests");
  }
}

// The best of several numbers of calls on their way. Refused calls do not count.
void MeasureClosedLoop(std::vector<Contestant>& contestants, absl::Duration duration) {
  for (const int per_connection : kPerConnection) {
    for (Contestant& each : contestants) {
      const LoadResult result = RunClosedLoop(each.calls, kConnections * per_connection, duration, each.next);
      each.next += static_cast<int64_t>(result.latencies_us.size());
      each.max_rps = std::max(each.max_rps, result.rate());
      Print(absl::StrCat(each.name, "_closed_errors_", kConnections * per_connection),
            static_cast<double>(result.errors), "requests");
    }
  }
  for (const Contestant& each : contestants) Print(each.name + "_max_rps", each.max_rps, "requests/s");
}

absl::Status Run(const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(const ctl::Arguments arguments,
                   ctl::Arguments::Parse(words,
                                         {"address", "noop-address", "key-file", "requests", "currency", "rate",
                                          "seconds", "closed-seconds", "events"},
                                         {}));
  ASSIGN_OR_RETURN(const int64_t rate, arguments.Int("rate", 500));
  ASSIGN_OR_RETURN(const int64_t seconds, arguments.Int("seconds", 60));
  ASSIGN_OR_RETURN(const int64_t closed_seconds, arguments.Int("closed-seconds", 4));
  ASSIGN_OR_RETURN(const int64_t events, arguments.Int("events", 200));
  ASSIGN_OR_RETURN(const RequestMix mix, RequestMix::Load(arguments.Get("requests"), "shops/default"));
  std::ifstream file(arguments.Get("key-file"));
  const std::string key(
      absl::StripAsciiWhitespace(std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>())));
  if (key.empty()) return absl::NotFoundError(absl::StrCat("there is no key in ", arguments.Get("key-file")));

  RecommendTarget recommend(arguments.Get("address"), key, kConnections);
  RecommendTarget noop(arguments.Get("noop-address"), key, kConnections);
  std::vector<Contestant> contestants(2);
  contestants[0].name = "recommend";
  contestants[0].calls = recommend.Calls(mix);
  contestants[1].name = "noop";
  contestants[1].calls = noop.Calls(mix);
  MeasureOpenLoop(contestants, static_cast<double>(rate), absl::Seconds(seconds));
  if (closed_seconds > 0) MeasureClosedLoop(contestants, absl::Seconds(closed_seconds));
  if (events == 0) return absl::OkStatus();

  ASSIGN_OR_RETURN(const LoadResult changed,
                   MeasureEventToAnswer(arguments.Get("address"), key, mix, arguments.Get("currency", "USD"),
                                        static_cast<int>(events)));
  Print("event_to_answer_p50_ms", changed.QuantileMs(0.5), "ms");
  Print("event_to_answer_p99_ms", changed.QuantileMs(0.99), "ms");
  Print("event_to_answer_events", static_cast<double>(changed.latencies_us.size()), "events");
  Print("event_to_answer_errors", static_cast<double>(changed.errors), "events");
  return absl::OkStatus();
}

}  // namespace
}  // namespace kontor::bench

int main(int argc, char** argv) {
  const absl::Status status = kontor::bench::Run(std::vector<std::string>(argv + 1, argv + argc));
  if (status.ok()) return 0;
  std::fprintf(stderr, "bench_serving: %s\n", std::string(status.message()).c_str());
  return 1;
}
