#include "bench/forecasting_speed.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "bench/forecasting_accuracy.h"
#include "bench/forecasting_data.h"
#include "bench/forecasting_synthetic.h"
#include "bench/search_timing.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/combination.h"
#include "libs/domain/forecasting/methods.h"

namespace kontor::bench {
namespace {

constexpr size_t kQuick = 10;  // part of the series

// Our method, the peer's, and on how many series the peer's is timed.
struct Pair {
  absl::string_view method, peer;
  size_t monthly, hourly, daily;
};
constexpr Pair kPairs[] = {
    {"theta", "Theta", 300, 100, 300},          {"dynamic_optimised_theta", "DynamicOptimizedTheta", 300, 100, 300},
    {"auto_theta", "AutoTheta", 300, 100, 100}, {"ces", "AutoCES", 300, 40, 100},
    {"auto_ets", "AutoETS", 300, 40, 60},       {"auto_arima", "AutoARIMA", 40, 5, 5},
};

struct Timed {
  double cpu_ms = 0, mase = 0;  // a series; MASE is NaN where nothing was held out
};

class TemporaryFile {
 public:
  TemporaryFile() {
    path_ = (std::filesystem::temp_directory_path() / "kontor-series-XXXXXX").string();
    if (const int file = mkstemp(path_.data()); file >= 0) close(file);
  }
  ~TemporaryFile() { unlink(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string Join(const std::vector<double>& values) {
  return absl::StrJoin(values, " ", [](std::string* out, double value) { absl::StrAppendFormat(out, "%.17g", value); });
}

// A line of season and horizon, then a line a series: its values, a comma, what came.
bool Write(const ForecastSet& set, const std::string& path) {
  std::ofstream file(path);
  file << set.season() << " " << set.horizon << "\n";
  for (size_t i = 0; i < set.train.size(); ++i) {
    file << Join(set.train[i]) << "," << (set.test.empty() ? "" : Join(set.test[i])) << "\n";
  }
  file.flush();
  return static_cast<bool>(file);
}

// The peer's times by model; what it does not print is not there.
std::map<std::string, Timed> RunPeers(const ForecastSet& set, const std::vector<std::string>& counts) {
  std::map<std::string, Timed> times;
  const TemporaryFile series;
  if (!Write(set, series.path())) return times;
  const char* python = std::getenv("KONTOR_PEER_PYTHON");
  const std::string command = absl::StrCat(python != nullptr ? python : "python3", " bench/peers/forecasting.py ",
                                           series.path(), " ", absl::StrJoin(counts, " "), " 2>/dev/null");
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return times;
  char line[256];
  while (std::fgets(line, sizeof(line), pipe) != nullptr) {
    const std::vector<std::string> words = absl::StrSplit(line, absl::ByAnyChar(" \n"), absl::SkipEmpty());
    Timed timed;
    if (words.size() == 3 && absl::SimpleAtod(words[1], &timed.cpu_ms) && absl::SimpleAtod(words[2], &timed.mase)) {
      times[words[0]] = timed;
    }
  }
  pclose(pipe);
  return times;
}

Timed RunOurs(const ForecastSet& set, const forecasting::Method& method) {
  const SetForecast forecast = ForecastAll(set, method, 1);
  return {1e3 * forecast.cpu_seconds / static_cast<double>(set.train.size()), Accuracy(set, forecast.mean).mase};
}

void BenchOne(const ForecastSet& set, size_t Pair::*count, size_t part, std::vector<Figure>& figures) {
  std::vector<std::string> counts;
  const auto timed = [&](const Pair& pair) { return std::max<size_t>(pair.*count / part, 1); };
  for (const Pair& pair : kPairs) counts.push_back(absl::StrCat(pair.peer, "=", timed(pair)));
  const std::map<std::string, Timed> peers = RunPeers(set, counts);
  for (const Pair& pair : kPairs) {
    const absl::StatusOr<forecasting::Method> method = forecasting::MethodByName(pair.method);
    if (!method.ok()) continue;
    const Timed ours = RunOurs(set.Every(1, timed(pair)), *method);
    const auto peer = peers.find(std::string(pair.peer));
    Figure cpu{absl::StrCat("speed/", set.name, "/cpu_ms/", pair.method), ours.cpu_ms, "ms"};
    Figure mase{absl::StrCat("speed/", set.name, "/mase/", pair.method), ours.mase, ""};
    cpu.note = mase.note = absl::StrCat(timed(pair), " series, one thread");
    std::string line = absl::StrFormat("%-16s %-26s CPU %8.3f ms", set.name, pair.method, ours.cpu_ms);
    if (!set.test.empty()) absl::StrAppendFormat(&line, "  MASE %6.3f", ours.mase);
    if (peer != peers.end()) {
      absl::StrAppend(&cpu.note, "; reference: statsforecast");
      cpu.reference = peer->second.cpu_ms;
      mase.reference = peer->second.mase;
      absl::StrAppendFormat(&line, "  statsforecast %9.3f ms", peer->second.cpu_ms);
      if (!set.test.empty()) absl::StrAppendFormat(&line, "  MASE %6.3f", peer->second.mase);
      absl::StrAppendFormat(&line, "  %6.1f times", peer->second.cpu_ms / ours.cpu_ms);
    }
    figures.push_back(cpu);
    if (!set.test.empty()) figures.push_back(mase);
    if (peer != peers.end()) {
      figures.push_back({absl::StrCat("speedup_", set.name, "_", pair.method), peer->second.cpu_ms / ours.cpu_ms,
                         "times", std::nullopt, "CPU time of statsforecast over ours, the same series, one thread"});
    }
    std::cout << line << "\n";
  }
}

// A catalogue of products, two years of days each, by two threads.
void BenchCatalogue(size_t part, std::vector<Figure>& figures) {
  constexpr size_t kProducts = 10'000;
  constexpr double kAimSeconds = 60;
  const ForecastSet set = SyntheticDaily(kProducts / part);
  const double start = WallSeconds();
  const SetForecast forecast = ForecastAll(set, forecasting::QuickCombinationMethod(), 2);
  const double seconds = WallSeconds() - start,
               cpu_ms = 1e3 * forecast.cpu_seconds / static_cast<double>(set.train.size());
  figures.push_back({"catalogue_seconds", seconds, "s", kAimSeconds / static_cast<double>(part),
                     absl::StrCat(set.train.size(), " series of 730 days, quick_combination, 2 threads, ",
                                  absl::StrFormat("%.2f", cpu_ms), " ms of CPU a series; aim")});
  std::cout << absl::StrFormat("catalogue        %d series, 2 threads: %.1f s, %.2f ms of CPU a series\n",
                               set.train.size(), seconds, cpu_ms);
}

}  // namespace

absl::Status BenchForecastingSpeed(bool quick, std::vector<Figure>& figures, std::vector<std::string>& files) {
  const size_t part = quick ? kQuick : 1;
  ASSIGN_OR_RETURN(const ForecastSet monthly, ReadM3("monthly"));
  ASSIGN_OR_RETURN(ForecastSet hourly, ReadM4(ForecastingDataPath("m4/Hourly-train.csv"),
                                              ForecastingDataPath("m4/Hourly-test.csv"), {24}, 48));
  hourly.name = "m4_hourly";
  for (const ForecastSet* set : {&monthly, static_cast<const ForecastSet*>(&hourly)}) {
    files.insert(files.end(), set->files.begin(), set->files.end());
  }
  BenchOne(monthly.Every(4, 300), &Pair::monthly, part, figures);
  BenchOne(hourly.Every(4, 100), &Pair::hourly, part, figures);
  BenchOne(SyntheticDaily(1'000 / part), &Pair::daily, part, figures);
  BenchCatalogue(part, figures);
  return absl::OkStatus();
}

}  // namespace kontor::bench
