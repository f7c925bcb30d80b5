// The load side of `./kontor bench search-serving` (search_serving.py): searches a running kontor-all while its
// products change, beside a running bench_noop, and prints one line per figure: name, value and unit, separated by
// tabs.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "bench/load_generator.h"
#include "bench/product_updates.h"
#include "bench/search_target.h"
#include "libs/base/status.h"
#include "services/kontorctl/arguments.h"

namespace kontor::bench {
namespace {

namespace v1 = kontor::search::v1;

constexpr char kShop[] = "shops/default";
constexpr int kConnections = 8, kUpdateConnections = 2;
constexpr absl::Duration kSlice = absl::Seconds(2);
constexpr int kUpdatesPerCall = 20;
constexpr int kPageSize = 24, kFacets = 3;
constexpr absl::Duration kProbePause = absl::Milliseconds(200);

void Print(const std::string& name, double value, const char* unit) {
  std::printf("%s\t%.6f\t%s\n", name.c_str(), value, unit);
  std::fflush(stdout);
}

struct Requests {
  std::vector<v1::SearchRequest> searches;
  std::vector<v1::SuggestRequest> suggestions;  // each query as far as it is typed, cut within its last word
};

absl::StatusOr<Requests> ReadRequests(const std::string& path) {
  std::ifstream file(path);
  if (!file.is_open()) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  Requests requests;
  for (std::string line; std::getline(file, line);) {
    v1::SearchRequest& search = requests.searches.emplace_back();
    search.set_parent(kShop);
    search.set_query(line);
    search.set_page_size(kPageSize);
    search.set_automatic_facets(kFacets);
    v1::SuggestRequest& suggest = requests.suggestions.emplace_back();
    suggest.set_parent(kShop);
    const size_t last = line.rfind(' ') == std::string::npos ? 0 : line.rfind(' ') + 1;
    suggest.set_text(line.substr(0, last + std::max<size_t>(1, (line.size() - last) / 2)));
  }
  if (requests.searches.empty()) return absl::InvalidArgumentError(absl::StrCat(path, " has no query"));
  return requests;
}

struct Contestant {
  std::string name;
  StartCall calls;
  LoadResult result;
  int64_t next = 0;
};

// Slices of all in turn, so that whatever else the machine does meets all.
void MeasureInTurn(std::vector<Contestant>& contestants, double rate, absl::Duration duration) {
  for (Contestant& each : contestants) RunOpenLoop(each.calls, rate, kSlice);
  for (absl::Duration done; done < duration; done += kSlice) {
    for (Contestant& each : contestants) {
      each.result.Merge(RunOpenLoop(each.calls, rate, std::min(kSlice, duration - done), each.next));
      each.next += static_cast<int64_t>(rate * absl::ToDoubleSeconds(kSlice));
    }
  }
}

void PrintResult(const std::string& name, const LoadResult& result, const char* unit) {
  Print(name + "_p50_ms", result.QuantileMs(0.5), "ms");
  Print(name + "_p99_ms", result.QuantileMs(0.99), "ms");
  Print(name + "_p999_ms", result.QuantileMs(0.999), "ms");
  Print(absl::StrCat(name, "_", unit), static_cast<double>(result.latencies_us.size()), unit);
  Print(name + "_errors", static_cast<double>(result.errors), unit);
}

// Updates and probes on threads of their own, from the beginning to Stop.
class Changes {
 public:
  Changes(const std::string& address, const std::string& ingest_address, const std::string& key,
          const std::vector<ShopProduct>& products, const std::string& currency, double updates_per_s)
      : run_(absl::ToUnixMicros(absl::Now())),
        updates_(products, kShop, currency, run_),
        shop_(address, key, kUpdateConnections),
        ingest_(ingest_address, key, kUpdateConnections),
        rate_(updates_per_s / kUpdatesPerCall),
        updating_([this] { Update(); }),
        probing_([this] { Probe(); }) {}

  ~Changes() { Stop(); }

  void Stop() {
    stop_ = true;
    if (updating_.joinable()) updating_.join();
    if (probing_.joinable()) probing_.join();
  }

  // After Stop.
  const LoadResult& sent() const { return sent_; }
  const absl::StatusOr<LoadResult>& found() const { return found_; }

 private:
  void Update() {
    const StartCall calls = ingest_.Updates([this](int64_t index) { return updates_.Call(index, kUpdatesPerCall); });
    sent_ = RunOpenLoopWhile(calls, rate_, [this] { return !stop_; });
  }
  void Probe() {
    found_ = MeasureUpdateToFound(shop_, ingest_, kShop, run_, kProbePause, [this] { return !stop_; });
  }

  const int64_t run_;
  const ProductUpdates updates_;
  SearchTarget shop_, ingest_;
  const double rate_;
  std::atomic<bool> stop_{false};
  LoadResult sent_;
  absl::StatusOr<LoadResult> found_ = absl::UnknownError("not measured");
  std::thread updating_, probing_;  // last: they use what stands above
};

absl::Status Run(const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(const ctl::Arguments arguments,
                   ctl::Arguments::Parse(words,
                                         {"address", "ingest-address", "noop-address", "key-file", "queries",
                                          "products", "currency", "rate", "updates", "seconds"},
                                         {}));
  ASSIGN_OR_RETURN(const int64_t rate, arguments.Int("rate", 300));
  ASSIGN_OR_RETURN(const int64_t updates, arguments.Int("updates", 1'000));
  ASSIGN_OR_RETURN(const int64_t seconds, arguments.Int("seconds", 20));
  ASSIGN_OR_RETURN(const Requests requests, ReadRequests(arguments.Get("queries")));
  ASSIGN_OR_RETURN(const std::vector<ShopProduct> products, ReadShopProducts(arguments.Get("products")));
  std::ifstream file(arguments.Get("key-file"));
  const std::string key(
      absl::StripAsciiWhitespace(std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>())));
  if (key.empty()) return absl::NotFoundError(absl::StrCat("there is no key in ", arguments.Get("key-file")));

  SearchTarget shop(arguments.Get("address"), key, kConnections);
  SearchTarget noop(arguments.Get("noop-address"), key, kConnections);
  std::vector<Contestant> contestants = {{"search", shop.Searches(requests.searches)},
                                         {"suggest", shop.Suggestions(requests.suggestions)},
                                         {"noop", noop.Searches(requests.searches)}};
  Changes changes(arguments.Get("address"), arguments.Get("ingest-address"), key, products,
                  arguments.Get("currency", "USD"), static_cast<double>(updates));
  MeasureInTurn(contestants, static_cast<double>(rate), absl::Seconds(seconds));
  changes.Stop();
  for (const Contestant& each : contestants) PrintResult(each.name, each.result, "requests");
  PrintResult("update_call", changes.sent(), "calls");
  Print("updates_per_s", changes.sent().rate() * kUpdatesPerCall, "updates/s");
  ASSIGN_OR_RETURN(const LoadResult found, changes.found());
  PrintResult("update_to_found", found, "products");
  return absl::OkStatus();
}

}  // namespace
}  // namespace kontor::bench

int main(int argc, char** argv) {
  const absl::Status status = kontor::bench::Run(std::vector<std::string>(argv + 1, argv + argc));
  if (status.ok()) return 0;
  std::fprintf(stderr, "bench_search_serving: %s\n", std::string(status.message()).c_str());
  return 1;
}
