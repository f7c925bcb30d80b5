#include "bench/product_updates.h"

#include <chrono>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "libs/base/random.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/event_time.h"

namespace kontor::bench {
namespace {

using Clock = std::chrono::steady_clock;
using events::v1::Event;

constexpr uint64_t kSeed = 20'260'103;
constexpr char kSource[] = "bench-search";
constexpr absl::Duration kPatience = absl::Seconds(10), kPoll = absl::Milliseconds(5);

Event& NewEvent(const std::string& id, ingest::v1::SendEventsRequest& request) {
  Event& event = *request.add_events();
  event.set_event_id(id);
  event.set_source(kSource);
  fleet::SetTime(absl::Now(), *event.mutable_occurred_at());
  return event;
}

// A word of consonants, so that no rule of a language shortens it.
std::string Unheard(int64_t number) {
  constexpr absl::string_view kLetters = "bcdfgkmprt";
  std::string word = "zq";
  for (; number > 0; number /= 10) word.push_back(kLetters[static_cast<size_t>(number % 10)]);
  return word;
}

absl::StatusOr<bool> FoundInTime(SearchTarget& target, const search::v1::SearchRequest& search,
                                 Clock::time_point begin) {
  while (Clock::now() - begin < absl::ToChronoNanoseconds(kPatience)) {
    ASSIGN_OR_RETURN(const search::v1::SearchResponse found, target.Search(search));
    if (found.total_results() > 0) return true;
    absl::SleepFor(kPoll);
  }
  return false;
}

}  // namespace

absl::StatusOr<std::vector<ShopProduct>> ReadShopProducts(const std::string& path) {
  std::ifstream file(path);
  if (!file.is_open()) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  std::vector<ShopProduct> products;
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> fields = absl::StrSplit(line, '\t');
    if (fields.size() != 5) return absl::InvalidArgumentError(absl::StrCat(path, ": no five fields in \"", line, "\""));
    products.push_back({fields[0], fields[1], fields[2], fields[3], fields[4]});
  }
  if (products.empty()) return absl::InvalidArgumentError(absl::StrCat(path, " names no product"));
  return products;
}

ingest::v1::SendEventsRequest ProductUpdates::Call(int64_t index, int per_call) const {
  ingest::v1::SendEventsRequest request;
  request.set_parent(parent_);
  base::Random random(kSeed + static_cast<uint64_t>(index));
  for (int i = 0; i < per_call; ++i) {
    const int64_t number = run_ + index * per_call + i;
    const ShopProduct& chosen = products_[random() % products_.size()];
    const uint64_t draw = random() % 10'000;
    Event& event = NewEvent(absl::StrCat("update/", number), request);
    if (draw % 10 == 0) {
      auto& product = *event.mutable_product_upserted();
      product.set_product_id(chosen.id);
      product.set_revision(number);
      product.set_title(chosen.title);
      product.set_brand(chosen.brand);
      product.set_description(absl::StrCat("Edition ", number));
      for (const std::string& level : {chosen.department, chosen.aisle}) {
        if (!level.empty()) product.add_category_path(level);
      }
    } else if (draw % 10 < 6) {
      auto& price = *event.mutable_price_set();
      price.set_product_id(chosen.id);
      price.set_revision(number);
      price.set_currency_code(currency_);
      price.mutable_price()->set_units(static_cast<int64_t>(1 + draw % 500));
      price.mutable_price()->set_nanos(990'000'000);
    } else {
      auto& level = *event.mutable_stock_level_set();
      level.set_product_id(chosen.id);
      level.set_location_id("main");
      level.set_revision(number);
      level.mutable_on_hand()->mutable_value()->set_units(static_cast<int64_t>(draw % 100));
    }
  }
  return request;
}

absl::StatusOr<LoadResult> MeasureUpdateToFound(SearchTarget& shop, SearchTarget& ingest, const std::string& parent,
                                                int64_t run, absl::Duration pause, const std::function<bool()>& go_on) {
  LoadResult result;
  const Clock::time_point first = Clock::now();
  for (int64_t number = run; go_on(); ++number) {
    ingest::v1::SendEventsRequest sent;
    sent.set_parent(parent);
    auto& product = *NewEvent(absl::StrCat("probe/", number), sent).mutable_product_upserted();
    product.set_product_id(absl::StrCat("probe-", number));
    product.set_title(Unheard(number));
    search::v1::SearchRequest search;
    search.set_parent(parent);
    search.set_query(product.title());
    search.set_verbatim(true);
    const Clock::time_point begin = Clock::now();
    RETURN_IF_ERROR(ingest.Send(sent));
    ASSIGN_OR_RETURN(const bool found, FoundInTime(shop, search, begin));
    if (found) {
      result.latencies_us.push_back(
          std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count());
    } else {
      ++result.errors;
    }
    absl::SleepFor(pause);
  }
  result.seconds = std::chrono::duration<double>(Clock::now() - first).count();
  return result;
}

}  // namespace kontor::bench
