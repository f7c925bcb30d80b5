// The load side of `./kontor bench ingest` (ingest.py): sends live events to a running fleet until all of them are in
// both services' views, and prints one line per figure: name, value and unit, separated by tabs.
#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "bench/event_load.h"
#include "bench/raw_produce.h"
#include "libs/base/status.h"
#include "services/kontorctl/session_options.h"

namespace kontor::bench {
namespace {

void Print(const char* name, double value, const char* unit) { std::printf("%s\t%.6f\t%s\n", name, value, unit); }

absl::Status Run(const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(const ctl::Arguments arguments,
                   ctl::ParseWith(words, {"data", "mapping", "events", "connections", "batch", "raw-kafka"}, {}));
  ASSIGN_OR_RETURN(const int64_t events, arguments.Int("events", 200'000));
  ASSIGN_OR_RETURN(const int64_t connections, arguments.Int("connections", 4));
  ASSIGN_OR_RETURN(const int64_t batch, arguments.Int("batch", 500));
  ASSIGN_OR_RETURN(EventLoad load, EventLoad::Read(absl::StrSplit(arguments.Get("data"), ','),
                                                   absl::StrSplit(arguments.Get("mapping"), ','), events, batch));
  ASSIGN_OR_RETURN(const SentEvents sent, load.Send(arguments, static_cast<int>(connections)));
  Print("events", static_cast<double>(sent.events), "events");
  Print("event_bytes", sent.mean_bytes, "bytes");
  Print("acknowledged_per_s", static_cast<double>(sent.events) / sent.seconds_to_acknowledged, "events/s");
  Print("events_per_s", static_cast<double>(sent.events) / sent.seconds_to_views, "events/s");
  Print("refused_calls", static_cast<double>(sent.refused_calls), "calls");
  if (arguments.Has("raw-kafka")) {
    ASSIGN_OR_RETURN(const double rate, RawProduceRate(arguments.Get("raw-kafka"), sent.events, sent.mean_bytes));
    Print("raw_produce_per_s", rate, "records/s");
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace kontor::bench

int main(int argc, char** argv) {
  const absl::Status status = kontor::bench::Run(std::vector<std::string>(argv + 1, argv + argc));
  if (status.ok()) return 0;
  std::fprintf(stderr, "bench_ingest: %s\n", std::string(status.message()).c_str());
  return 1;
}
