#include "services/search/opensearch_indexer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/topics.h"
#include "libs/platform/log/follower.h"
#include "libs/platform/opensearch/bulk.h"
#include "libs/platform/runtime/background.h"
#include "libs/platform/runtime/log.h"

namespace kontor::search {
namespace {

constexpr char kGroup[] = "search-opensearch", kSchema[] = "search_opensearch";
constexpr absl::Duration kKeepPeriod = absl::Seconds(2), kRetryPeriod = absl::Milliseconds(500),
                         kPatience = absl::Seconds(30);
constexpr double kRestOfPopularities = 20;  // times what writing them took
constexpr float kMoved = .05F;              // share of a popularity below which it is not written again
constexpr size_t kPopularitiesOfRequest = 2000;

log::ConsumerOptions Options() {
  log::ConsumerOptions options;
  options.group = kGroup;
  options.schema = kSchema;
  options.topics = OpenSearchIndexer::Topics();
  options.batch = {1000, 4 << 20};
  options.workers = 2;
  options.backoff_max = absl::Seconds(1);
  options.on_stopped = [](const log::Position& position, const absl::Status& status) {
    runtime::LogError("a partition is no longer consumed",
                      {{"position", log::FormatPosition(position)}, {"error", status.ToString()}});
  };
  return options;
}

absl::Time Deadline() { return absl::Now() + kPatience; }

bool HasMoved(float from, float to) { return std::abs(to - from) > kMoved * std::max(to, from); }

}  // namespace

struct OpenSearchIndexer::Life {
  Life(fleet::Fleet& fleet, log::BatchHandler& writer) : consumer(fleet.log, fleet.postgres, writer, Options()) {}
  log::Consumer consumer;
  std::unique_ptr<fleet::LagReporter> lag;
};

const std::vector<std::string>& OpenSearchIndexer::Topics() {
  static const auto& topics = *new std::vector<std::string>{fleet::kCatalog, fleet::kInventory};
  return topics;
}

OpenSearchIndexer::OpenSearchIndexer(fleet::Fleet& fleet, const opensearch::Client& client,
                                     const SearchFollower& follower,
                                     std::shared_ptr<const nn::SentenceEncoder> sentences)
    : fleet_(fleet),
      client_(client),
      follower_(follower),
      indices_(client, fleet, sentences == nullptr ? 0 : nn::SentenceEncoder::kDimensions, [this] { return Forget(); }),
      writer_(client, indices_, follower, fleet, std::move(sentences)),
      dead_letters_(fleet.log, fleet.postgres, {.schema = kSchema}) {}

OpenSearchIndexer::~OpenSearchIndexer() { Stop(); }

absl::Status OpenSearchIndexer::Start() {
  RETURN_IF_ERROR(log::MigrateConsumerSchema(fleet_.postgres, kSchema));
  RETURN_IF_ERROR(dead_letters_.Start());
  keeping_ = std::thread([this] {
    runtime::StandBehindCalls();
    Run();
  });
  return absl::OkStatus();
}

void OpenSearchIndexer::Stop() {
  std::shared_ptr<Life> last;
  {
    base::MutexLock lock(mutex_);
    stop_ = true;
    stopping_.NotifyAll();
  }
  if (keeping_.joinable()) keeping_.join();
  {
    base::MutexLock lock(mutex_);
    last = std::move(life_);
  }
  if (last != nullptr) {
    last->lag.reset();
    last->consumer.Stop();
  }
  dead_letters_.Stop();
}

std::shared_ptr<OpenSearchIndexer::Life> OpenSearchIndexer::life() const {
  base::MutexLock lock(mutex_);
  return life_;
}

absl::Status OpenSearchIndexer::Forget() {
  forgotten_ = true;
  return fleet_.postgres
      .Exec(absl::StrCat("DELETE FROM ", kSchema, ".consumer_offsets WHERE consumer_group = $1"),
            postgres::Params().Text(kGroup))
      .status();
}

void OpenSearchIndexer::Run() {
  bool was_well = true;
  for (;;) {
    const absl::Status status = Keep();
    if (!status.ok() && was_well) runtime::LogWarning("OpenSearch is waited for", {{"error", status.ToString()}});
    if (status.ok() && !was_well) runtime::LogInfo("OpenSearch is back");
    was_well = status.ok();
    base::MutexLock lock(mutex_);
    if (!stop_) stopping_.WaitFor(mutex_, status.ok() ? kKeepPeriod : kRetryPeriod);
    if (stop_) return;
  }
}

absl::Status OpenSearchIndexer::Keep() {
  RETURN_IF_ERROR(indices_.Ensure());
  RETURN_IF_ERROR(Consume());
  if (!Leads()) return absl::OkStatus();
  for (const fleet::Shop& shop : fleet_.shops) RETURN_IF_ERROR(ChoosePrices(shop));
  if (absl::Now() < next_popularities_) return absl::OkStatus();
  const absl::Time begin = absl::Now();
  for (const fleet::Shop& shop : fleet_.shops) RETURN_IF_ERROR(WritePopularities(shop));
  next_popularities_ = absl::Now() + kRestOfPopularities * (absl::Now() - begin);
  return absl::OkStatus();
}

// Begins a consumer where there is none, and a new one where its places were forgotten.
absl::Status OpenSearchIndexer::Consume() {
  const std::shared_ptr<Life> old = life();
  if (old != nullptr && !forgotten_) return absl::OkStatus();
  if (old != nullptr) {
    old->lag.reset();
    old->consumer.Stop();
  }
  std::vector<log::Position> ends;
  for (const std::string& topic : Topics()) {
    ASSIGN_OR_RETURN(const int partitions, fleet_.log.Partitions(topic));
    for (int partition = 0; partition < partitions; ++partition) {
      ASSIGN_OR_RETURN(const int64_t end, fleet_.log.End(topic, partition));
      ends.push_back({topic, partition, end});
    }
  }
  auto next = std::make_shared<Life>(fleet_, writer_);
  RETURN_IF_ERROR(next->consumer.Start());
  next->lag =
      std::make_unique<fleet::LagReporter>(fleet_.log, kGroup, nullptr, next->consumer, fleet_.server.metrics());
  forgotten_ = false;
  base::MutexLock lock(mutex_);
  life_ = std::move(next);
  ends_ = std::move(ends);
  ready_ = false;
  return absl::OkStatus();
}

bool OpenSearchIndexer::Leads() const {
  const std::vector<log::Position> held = life()->consumer.Applied();
  return std::any_of(held.begin(), held.end(), [](const log::Position& position) {
    return position.topic == Topics().front() && position.partition == 0;
  });
}

absl::Status OpenSearchIndexer::ChoosePrices(const fleet::Shop& shop) {
  const std::string currency = follower_.Find(shop.id)->main_currency();
  if (currency.empty()) return absl::OkStatus();
  return client_
      .Send("POST", absl::StrCat("/", indices_.NameOf(shop), "/_update_by_query?conflicts=proceed&max_docs=20000"),
            RepriceBody(currency), Deadline())
      .status();
}

absl::Status OpenSearchIndexer::WritePopularities(const fleet::Shop& shop) {
  const ShopSearch& search = *follower_.Find(shop.id);
  ASSIGN_OR_RETURN(std::string making, indices_.MakingOf(shop));
  Popularities& known = popularities_[shop.id];
  if (known.making != making) known = {std::move(making), {}};
  absl::flat_hash_map<std::string, float>& written = known.written;
  std::vector<std::pair<std::string, float>> moved;
  const int64_t now_us = absl::ToUnixMicros(search.newest_event());
  search.ReadActivity([&](const Activity& activity) {
    activity.ForEachPopularity(now_us, [&](const std::string& product, double popularity) {
      const auto value = static_cast<float>(popularity);
      const auto before = written.find(product);
      if (HasMoved(before == written.end() ? 0 : before->second, value)) moved.emplace_back(product, value);
    });
  });
  for (size_t begin = 0; begin < moved.size(); begin += kPopularitiesOfRequest) {
    const auto part = absl::MakeConstSpan(moved).subspan(begin, kPopularitiesOfRequest);
    std::string actions;
    for (const auto& [product, value] : part) actions += PopularityAction(product, value);
    ASSIGN_OR_RETURN(const std::vector<absl::Status> statuses,
                     opensearch::Bulk(client_, indices_.WriteAliasOf(shop), actions, Deadline()));
    for (size_t i = 0; i < part.size() && i < statuses.size(); ++i) {
      if (statuses[i].ok()) written[part[i].first] = part[i].second;
    }
  }
  return absl::OkStatus();
}

absl::Status OpenSearchIndexer::Ready() const {
  const absl::Status not_ready = base::Error(absl::StatusCode::kUnavailable, log::kReasonViewNotReady,
                                             "the index on the node is being filled from the log");
  const std::shared_ptr<Life> current = life();
  if (current == nullptr) return not_ready;
  std::vector<log::Position> ends;
  {
    base::MutexLock lock(mutex_);
    if (ready_) return absl::OkStatus();
    ends = ends_;
  }
  for (const log::Position& end : ends) {
    if (end.offset == 0) continue;
    const log::Position last{end.topic, end.partition, end.offset - 1};
    if (!current->consumer.WaitUntilApplied(last, absl::ZeroDuration()).ok()) return not_ready;
  }
  base::MutexLock lock(mutex_);
  ready_ = life_ == current;
  return absl::OkStatus();
}

absl::Status OpenSearchIndexer::WaitUntilApplied(const log::Position& position, absl::Duration timeout) const {
  const absl::Time deadline = absl::Now() + timeout;
  const std::shared_ptr<Life> current = life();
  if (current == nullptr) {
    return base::Error(absl::StatusCode::kUnavailable, log::kReasonNotYetApplied,
                       "the index on the node has not been reached yet");
  }
  RETURN_IF_ERROR(current->consumer.WaitUntilApplied(position, timeout));
  for (const fleet::Shop& shop : fleet_.shops) {
    const std::string path = absl::StrCat("/", OpenSearchAlias(shop.id), "/_refresh");
    RETURN_IF_ERROR(client_.Send("POST", path, "", std::max(deadline, absl::Now() + absl::Seconds(1))).status());
  }
  return absl::OkStatus();
}

}  // namespace kontor::search
