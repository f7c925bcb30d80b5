#include "services/search/search_follower.h"

#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/topics.h"
#include "libs/platform/runtime/log.h"

namespace kontor::search {
namespace {

constexpr int kSnapshotsKept = 2;

using Positions = std::map<std::pair<std::string, int>, int64_t>;

// "catalog/0=17,catalog/1=4": what FormatOwner prints. DATA_LOSS.
absl::StatusOr<Positions> ParseOwner(absl::string_view text) {
  Positions positions;
  for (const absl::string_view entry : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> sides = absl::StrSplit(entry, absl::MaxSplits('=', 1));
    const std::pair<absl::string_view, absl::string_view> place = absl::StrSplit(sides.first, absl::MaxSplits('/', 1));
    int partition = 0;
    int64_t offset = 0;
    if (!absl::SimpleAtoi(place.second, &partition) || !absl::SimpleAtoi(sides.second, &offset)) {
      return absl::DataLossError("the snapshot names no positions");
    }
    positions[{std::string(place.first), partition}] = offset;
  }
  return positions;
}

std::string FormatOwner(const Positions& positions) {
  std::string text;
  for (const auto& [place, offset] : positions) {
    absl::StrAppend(&text, text.empty() ? "" : ",", place.first, "/", place.second, "=", offset);
  }
  return text;
}

}  // namespace

std::string SnapshotName(absl::string_view shop) { return absl::StrCat("search-index-", shop); }

const std::vector<std::string>& SearchFollower::Topics() {
  static const auto& topics =
      *new std::vector<std::string>{fleet::kCatalog, fleet::kInventory, fleet::kBehavior, fleet::kOrders};
  return topics;
}

SearchFollower::SearchFollower(fleet::Fleet& fleet)
    : fleet_(fleet),
      unusable_(fleet.server.metrics().counter(
          "kontor_search_unusable_total",
          "Records that search passed over: broken, too large, or of a shop that is not served.")) {}

absl::StatusOr<std::unique_ptr<SearchFollower>> SearchFollower::Create(
    fleet::Fleet& fleet, const std::shared_ptr<const nn::SentenceEncoder>& sentences) {
  auto follower = absl::WrapUnique(new SearchFollower(fleet));
  const double share = fleet.opensearch.has_value() ? fleet.opensearch->reading_share : 1;
  for (const fleet::Shop& shop : fleet.shops) {
    auto analyzer = text::Analyzer::Create({.language = shop.language});
    if (!analyzer.ok()) return base::Annotate(analyzer.status(), absl::StrCat("shops[", shop.id, "].language"));
    follower->shops_.emplace(shop.id, std::make_unique<ShopSearch>(*std::move(analyzer), sentences, share));
  }
  return follower;
}

SearchFollower::~SearchFollower() { Stop(); }

ShopSearch* SearchFollower::Find(absl::string_view shop) const {
  const auto found = shops_.find(shop);
  return found == shops_.end() ? nullptr : found->second.get();
}

// All shops from snapshots of one place of the log, or none.
void SearchFollower::LoadSnapshots() {
  base::MutexLock lock(applying_);
  std::optional<std::string> owner;
  for (const auto& [id, shop] : shops_) {
    std::vector<int64_t> skipped;
    const auto model = fleet_.models.LoadLatest(SnapshotName(id), &skipped);
    for (const int64_t version : skipped) {
      runtime::LogError("a snapshot of the search index is corrupt and passed over",
                        {{"model", SnapshotName(id)}, {"version", absl::StrCat(version)}});
    }
    absl::StatusOr<std::string> loaded = model.ok() ? shop->Load(model->bytes) : model.status();
    if (loaded.ok() && (!owner.has_value() || *owner == *loaded)) {
      owner = *loaded;
      continue;
    }
    if (!absl::IsNotFound(loaded.status())) {
      runtime::LogWarning(
          "the search index is built again from the log",
          {{"shop", id}, {"reason", loaded.ok() ? "its snapshot is of another place" : loaded.status().ToString()}});
    }
    owner.reset();
    break;
  }
  const auto positions = owner.has_value() ? ParseOwner(*owner) : Positions();
  if (positions.ok() && owner.has_value()) {
    next_ = *positions;
    return;
  }
  for (auto& [id, shop] : shops_) shop->Reset();
}

absl::Status SearchFollower::Start() {
  LoadSnapshots();
  log::FollowerOptions options;
  options.topics = Topics();
  {
    base::MutexLock lock(applying_);
    for (const auto& [place, offset] : next_) options.from.push_back({place.first, place.second, offset});
  }
  follower_ = std::make_unique<log::Follower>(
      fleet_.log, fleet_.clock, std::move(options),
      [this](absl::string_view topic, int partition, absl::Span<const log::LogRecord> records) {
        Apply(topic, partition, records);
      });
  return follower_->Start();
}

void SearchFollower::Stop() {
  if (follower_ != nullptr) follower_->Stop();
}

void SearchFollower::Apply(absl::string_view topic, int partition, absl::Span<const log::LogRecord> records) {
  base::MutexLock lock(applying_);
  for (const log::LogRecord& record : records) {
    const absl::StatusOr<DecodedRecord> decoded = DecodeRecord(record.bytes);
    ShopSearch* shop = decoded.ok() ? Find(decoded->shop) : nullptr;
    if (shop == nullptr || !shop->Apply(*decoded).ok()) unusable_.Add();
  }
  if (!records.empty()) next_[{std::string(topic), partition}] = records.back().offset + 1;
}

absl::Status SearchFollower::Ready() const {
  RETURN_IF_ERROR(follower_->Ready());
  for (const auto& [id, shop] : shops_) shop->Commit();
  return absl::OkStatus();
}

absl::Status SearchFollower::WaitUntilApplied(const log::Position& position, absl::Duration timeout) const {
  RETURN_IF_ERROR(follower_->WaitUntilApplied(position, timeout));
  for (const auto& [id, shop] : shops_) shop->Commit();
  return absl::OkStatus();
}

std::string SearchFollower::Owner() const { return FormatOwner(next_); }

absl::Status SearchFollower::SaveSnapshots() {
  std::vector<std::pair<std::string, std::string>> saved;
  {
    base::MutexLock lock(applying_);
    for (const auto& [id, shop] : shops_) saved.emplace_back(SnapshotName(id), shop->Save(Owner()));
  }
  for (const auto& [name, bytes] : saved) {
    RETURN_IF_ERROR(fleet_.models.Publish(name, bytes, {}).status());
    RETURN_IF_ERROR(fleet_.models.Prune(name, kSnapshotsKept).status());
  }
  return absl::OkStatus();
}

}  // namespace kontor::search
