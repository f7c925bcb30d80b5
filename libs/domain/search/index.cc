#include "libs/domain/search/index.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "libs/domain/search/index_batch.h"

namespace kontor::search {
namespace {

constexpr double kSmallestTier = 1000;  // documents

void AddTokens(const Segment& segment, uint32_t doc, int64_t sign, IndexView::Part& part) {
  for (size_t field = 0; field < kFields; ++field) {
    const uint32_t length = LengthOf(static_cast<uint8_t>(segment.lengths[doc] >> (8 * field)));
    part.tokens[field] += static_cast<uint64_t>(sign * static_cast<int64_t>(length));
  }
}

}  // namespace

IndexView::Part WholePart(std::shared_ptr<const Segment> segment) {
  IndexView::Part part;
  part.alive = std::make_shared<const Bits>(AllBits(segment->documents));
  part.alive_count = segment->documents;
  for (uint32_t doc = 0; doc < segment->documents; ++doc) AddTokens(*segment, doc, 1, part);
  part.segment = std::move(segment);
  return part;
}

void Delete(absl::Span<const uint32_t> docs, IndexView::Part& part) {
  auto alive = std::make_shared<Bits>(*part.alive);
  for (uint32_t doc : docs) {
    if (!TestBit(*alive, doc)) continue;
    ClearBit(absl::MakeSpan(*alive), doc);
    --part.alive_count;
    AddTokens(*part.segment, doc, -1, part);
  }
  part.alive = std::move(alive);
}

void Index::Publish(Parts parts) {
  parts.erase(
      std::remove_if(parts.begin(), parts.end(), [](const IndexView::Part& part) { return part.alive_count == 0; }),
      parts.end());
  view_.Publish(std::make_shared<const IndexView>(std::move(parts), values_, ++generation_));
}

void Index::CatchUp(Segment& segment, size_t since) {
  for (size_t i = since; i < in_flight_updates_.size(); ++i) {
    const uint32_t doc = segment.FindId(in_flight_updates_[i].id);
    if (doc == StringLookup::kNone) continue;
    LiveValues live = segment.live.Get(doc);
    Apply(in_flight_updates_[i], live);
    segment.live.Set(doc, live);
  }
}

void Index::EndFlight() {
  if (--in_flight_ == 0) in_flight_updates_.clear();
}

std::vector<std::shared_ptr<Segment>> Index::Seal(const Batch& batch, const IndexView& view, ValueDictionary& values,
                                                  uint64_t first_sequence, uint32_t& next_row) {
  std::vector<std::shared_ptr<Segment>> segments;
  auto builder = std::make_unique<SegmentBuilder>(values);
  const auto seal = [&] {
    if (builder->documents() == 0) return;
    uint64_t number = 0;
    {
      base::MutexLock lock(mutex_);
      number = next_segment_++;
    }
    segments.push_back(builder->Seal(number));
    builder = std::make_unique<SegmentBuilder>(values);
  };
  for (size_t i = 0; i < batch.entries.size(); ++i) {
    const Batch::Entry& entry = batch.entries[i];
    const std::string& id = entry.product.product.id;
    if (id.empty()) continue;
    LiveValues live;
    uint64_t sequence = first_sequence + i;
    const std::optional<DocRef> older = batch.removed.contains(id) ? std::nullopt : view.Find(id);
    if (older.has_value()) {
      live = view.Live(*older);
      sequence = view.Sequence(*older);
    }
    const uint32_t row = older.has_value() ? view.Row(*older) : next_row++;
    live = entry.live.value_or(live);
    Apply(entry.changes, live);
    builder->Add(entry.product, sequence, row, live);
    if (builder->documents() == options_.largest_batch) seal();
  }
  seal();
  return segments;
}

bool Index::Commit() {
  base::MutexLock one(commit_mutex_);
  std::shared_ptr<const Batch> batch;
  uint64_t first_sequence = 0;
  uint32_t next_row = 0;
  size_t since = 0;
  std::shared_ptr<ValueDictionary> values;
  {
    base::MutexLock lock(mutex_);
    if (batch_->empty()) return false;
    batch = sealing_ = std::exchange(batch_, std::make_shared<Batch>());
    BeginFlight();
    values = values_;
    since = in_flight_updates_.size();
    first_sequence = next_sequence_;
    next_row = next_row_;
    next_sequence_ += batch->entries.size();
  }
  std::vector<std::shared_ptr<Segment>> segments = Seal(*batch, *view_.Get(), *values, first_sequence, next_row);

  Parts added;
  for (const std::shared_ptr<Segment>& segment : segments) added.push_back(WholePart(segment));
  base::MutexLock lock(mutex_);
  const std::shared_ptr<const IndexView> view = view_.Get();
  std::vector<std::vector<uint32_t>> dead(view->parts().size());
  const auto kill = [&](const std::string& id) {
    if (const std::optional<DocRef> doc = view->Find(id)) dead[doc->segment].push_back(doc->doc);
  };
  for (const auto& [id, place] : batch->places) kill(id);
  for (const std::string& id : batch->removed) kill(id);
  Parts parts = view->parts();
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!dead[i].empty()) Delete(dead[i], parts[i]);
  }
  for (size_t i = 0; i < segments.size(); ++i) {
    CatchUp(*segments[i], since);
    parts.push_back(std::move(added[i]));
  }
  Publish(std::move(parts));
  next_row_ = next_row;
  sealing_ = nullptr;
  EndFlight();
  return true;
}

Index::Parts Index::MergeCandidates(const IndexView& view) const {
  std::map<int, Parts> tiers;  // smallest first
  Parts worst;
  double worst_share = options_.deleted_share;
  for (const IndexView::Part& part : view.parts()) {
    const double size = std::max(static_cast<double>(part.alive_count), kSmallestTier);
    if (2 * uint64_t{part.alive_count} <= options_.largest_segment) {
      tiers[static_cast<int>(std::log(size / kSmallestTier) / std::log(options_.merge_factor))].push_back(part);
    }
    const double share = 1 - static_cast<double>(part.alive_count) / part.segment->documents;
    if (share <= worst_share) continue;
    worst_share = share;
    worst = {part};
  }
  for (auto& [tier, parts] : tiers) {
    if (parts.size() < options_.merge_factor) continue;
    std::stable_sort(parts.begin(), parts.end(),
                     [](const IndexView::Part& a, const IndexView::Part& b) { return a.alive_count < b.alive_count; });
    uint64_t documents = 0;
    size_t taken = 0;
    while (taken < parts.size() && documents + parts[taken].alive_count <= options_.largest_segment) {
      documents += parts[taken++].alive_count;
    }
    parts.resize(taken);
    return parts;
  }
  return worst;
}

bool Index::Merge() {
  base::MutexLock one(merge_mutex_);
  const Parts sources = MergeCandidates(*view_.Get());
  if (sources.empty()) return false;
  MergeParts(sources);
  return true;
}

void Index::MergeAll() {
  base::MutexLock one(merge_mutex_);
  const std::shared_ptr<const IndexView> view = view_.Get();
  const Parts& parts = view->parts();
  if (parts.empty()) return;
  if (parts.size() == 1 && parts.front().alive_count == parts.front().segment->documents) return;
  MergeParts(parts);
}

void Index::MergeParts(const Parts& chosen) {
  Parts sources;
  std::shared_ptr<ValueDictionary> values;
  size_t since = 0;
  uint64_t number = 0;
  {
    base::MutexLock lock(mutex_);
    BeginFlight();
    values = values_;
    since = in_flight_updates_.size();
    number = next_segment_++;
    const std::shared_ptr<const IndexView> view = view_.Get();
    for (const IndexView::Part& part : view->parts()) {
      for (const IndexView::Part& wanted : chosen) {
        if (part.segment->number == wanted.segment->number) sources.push_back(part);
      }
    }
  }
  SegmentBuilder builder(*values);
  for (uint32_t i = 0; i < sources.size(); ++i) builder.AddSegment(i, *sources[i].segment, *sources[i].alive);
  const std::shared_ptr<Segment> merged = builder.Seal(number);
  IndexView::Part added = WholePart(merged);

  base::MutexLock lock(mutex_);
  Parts parts;
  std::vector<std::shared_ptr<const Bits>> alive(sources.size());  // today; null: all died, the part is gone
  const std::shared_ptr<const IndexView> view = view_.Get();
  for (const IndexView::Part& part : view->parts()) {
    size_t i = 0;
    while (i < sources.size() && sources[i].segment->number != part.segment->number) ++i;
    if (i == sources.size()) {
      parts.push_back(part);
    } else {
      alive[i] = part.alive;
    }
  }
  std::vector<uint32_t> dead;
  for (const MovedDocument& moved : builder.moved()) {
    const std::shared_ptr<const Bits>& now = alive[moved.source];
    if (now == sources[moved.source].alive) continue;
    if (now == nullptr || !TestBit(*now, moved.from)) dead.push_back(moved.to);
  }
  if (!dead.empty()) Delete(dead, added);
  CatchUp(*merged, since);
  parts.push_back(std::move(added));
  Publish(std::move(parts));
  EndFlight();
}

}  // namespace kontor::search
