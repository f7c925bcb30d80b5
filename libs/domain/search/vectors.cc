#include "libs/domain/search/vectors.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/bytes.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"

namespace kontor::search {
namespace {

constexpr absl::string_view kMagic = "KONTOR vectors 1\n";
constexpr size_t kChecksumBytes = 32;
constexpr size_t kMaxHits = 10'000;
constexpr size_t kLargestBatch = 512;
constexpr int kManyOf64 = 16;  // rows from which all 64 are multiplied at once
constexpr uint32_t kMaxRow = (uint32_t{1} << 31) - 1;

struct Better {
  bool operator()(const VectorHit& a, const VectorHit& b) const {
    return a.score != b.score ? a.score > b.score : a.row < b.row;
  }
};

// The best of many: gathered up to twice as many, then the worse half is dropped.
class Best {
 public:
  explicit Best(size_t most) : most_(most) { hits_.reserve(2 * most); }
  void Add(VectorHit hit) {
    if (most_ == 0 || (full_ && !Better()(hit, worst_))) return;
    hits_.push_back(hit);
    if (hits_.size() == 2 * most_) Drop();
  }
  std::vector<VectorHit> Take() && {
    if (hits_.size() > most_) Drop();
    return std::move(hits_);
  }

 private:
  void Drop() {
    const auto last = hits_.begin() + static_cast<std::ptrdiff_t>(most_) - 1;
    std::nth_element(hits_.begin(), last, hits_.end(), Better());
    hits_.resize(most_);
    worst_ = hits_.back();
    full_ = true;
  }

  size_t most_;
  std::vector<VectorHit> hits_;
  bool full_ = false;
  VectorHit worst_;  // of the kept, when full
};

// Rows that are there and allowed, a word of 64 at a time.
class Allowed {
 public:
  Allowed(absl::Span<const uint64_t> there, const std::vector<uint64_t>* allowed) : there_(there), allowed_(allowed) {}

  size_t words() const { return allowed_ == nullptr ? there_.size() : std::min(there_.size(), allowed_->size()); }
  uint64_t Word(size_t i) const { return allowed_ == nullptr ? there_[i] : there_[i] & (*allowed_)[i]; }
  bool operator()(uint32_t row) const { return row / 64 < words() && (Word(row / 64) >> (row % 64) & 1) != 0; }
  size_t Count() const {
    size_t count = 0;
    for (size_t i = 0; i < words(); ++i) count += static_cast<size_t>(__builtin_popcountll(Word(i)));
    return count;
  }

 private:
  absl::Span<const uint64_t> there_;
  const std::vector<uint64_t>* allowed_;
};

// How many candidates are kept by rounded queries, to be scored by the query as it was.
size_t Rescored(size_t k) { return k == 0 ? 0 : 2 * k + 32; }

std::vector<VectorHit> Finish(const VectorRows& rows, const VectorRows::Query& query, std::vector<VectorHit> hits,
                              size_t k) {
  for (VectorHit& hit : hits) hit.score = rows.FullDot(query, hit.row);
  std::sort(hits.begin(), hits.end(), Better());
  hits.resize(std::min(k, hits.size()));
  return hits;
}

std::vector<VectorHit> ScanRows(const VectorRows& rows, const VectorRows::Query& query, const Allowed& allowed,
                                size_t k) {
  static_assert(VectorRows::kDotsAtOnce == 64);
  Best best(Rescored(k));
  float dots[64];
  for (size_t i = 0; i < allowed.words(); ++i) {
    const uint64_t some = allowed.Word(i);
    const auto first = static_cast<uint32_t>(64 * i);
    const bool many = __builtin_popcountll(some) >= kManyOf64;
    if (many) rows.Dots(query, first, absl::MakeSpan(dots));
    for (uint64_t word = some; word != 0; word &= word - 1) {
      const auto at = static_cast<uint32_t>(__builtin_ctzll(word));
      best.Add({first + at, many ? dots[at] : rows.Dot(query, first + at)});
    }
  }
  return Finish(rows, query, std::move(best).Take(), k);
}

absl::Status CheckVector(absl::Span<const float> vector, uint32_t dimensions) {
  if (vector.size() != dimensions) {
    return absl::InvalidArgumentError(absl::StrCat("a vector has ", vector.size(), " numbers, not ", dimensions));
  }
  for (const float value : vector) {
    if (!std::isfinite(value)) return absl::InvalidArgumentError("a vector holds numbers that are not finite");
  }
  return absl::OkStatus();
}

absl::Status CheckOptions(const VectorOptions& options) {
  const bool graph = options.graph.links >= 4 && options.graph.links <= 64 &&
                     options.graph.build_width >= options.graph.links && options.graph.build_width <= 10'000;
  if (options.dimensions < 1 || options.dimensions > 4'096 || !graph || options.search_width < 1) {
    return absl::InvalidArgumentError("an option of the vector index is out of range");
  }
  return absl::OkStatus();
}

}  // namespace

VectorIndex::VectorIndex(const VectorOptions& options)
    : options_(options), rows_(options.dimensions), graph_(options.graph) {}

absl::StatusOr<std::unique_ptr<VectorIndex>> VectorIndex::Create(const VectorOptions& options) {
  RETURN_IF_ERROR(CheckOptions(options));
  return std::unique_ptr<VectorIndex>(new VectorIndex(options));
}

absl::Status VectorIndex::Set(uint32_t row, absl::Span<const float> vector) {
  RETURN_IF_ERROR(CheckVector(vector, options_.dimensions));
  if (row > kMaxRow) return absl::InvalidArgumentError("a row's number is too large; number rows densely");
  base::WriterLock lock(mutex_);
  rows_.Set(row, vector);
  if (graph_.size() > 0) pending_.insert(row);
  planned_.erase(row);
  return absl::OkStatus();
}

void VectorIndex::Remove(uint32_t row) {
  base::WriterLock lock(mutex_);
  if (!rows_.Has(row)) return;
  rows_.Remove(row);
  pending_.erase(row);
}

std::vector<uint32_t> VectorIndex::NextBatch(size_t most) {
  base::WriterLock lock(mutex_);
  if (graph_.size() == 0 && pending_.empty() && rows_.size() >= options_.exact_below) {
    for (uint32_t row = 0; row < rows_.rows(); ++row) {
      if (rows_.Has(row)) pending_.insert(row);
    }
  }
  // Early rows meet few others; they are linked one by one, so that all find each other.
  const size_t size = std::min({most, std::clamp<size_t>(graph_.size() / 16, 1, kLargestBatch), pending_.size()});
  std::vector<uint32_t> out;
  for (auto at = pending_.begin(); out.size() < size; ++at) out.push_back(*at);
  planned_ = {out.begin(), out.end()};
  return out;
}

size_t VectorIndex::LinkPending(size_t most, int threads) {
  base::MutexLock linking(linking_);
  while (most > 0) {
    const std::vector<uint32_t> batch = NextBatch(most);
    if (batch.empty()) break;
    VectorGraph::Plan plan;
    {
      base::ReaderLock lock(mutex_);
      plan = graph_.PlanLinks(rows_, batch, threads);
    }
    base::WriterLock lock(mutex_);
    graph_.Apply(plan);
    for (const uint32_t row : planned_) pending_.erase(row);
    most -= batch.size();
  }
  return pending();
}

std::vector<VectorHit> VectorIndex::SearchGraph(const VectorRows::Query& query, size_t k,
                                                const std::vector<uint64_t>* filter) const {
  const Allowed allowed(rows_.there(), filter);
  const absl::btree_set<uint32_t>* const pending = &pending_;
  const auto accepts = [&](uint32_t row) { return allowed(row) && !pending->contains(row); };
  const size_t width = std::max<size_t>(options_.search_width, Rescored(k));
  Best best(width);
  for (const GraphHit& hit : graph_.Search(rows_, query, width, accepts)) best.Add({hit.row, hit.score});
  for (const uint32_t row : pending_) {
    if (allowed(row)) best.Add({row, rows_.Dot(query, row)});
  }
  return Finish(rows_, query, std::move(best).Take(), k);
}

absl::StatusOr<std::vector<VectorHit>> VectorIndex::Find(absl::Span<const float> query, size_t k,
                                                         const std::vector<uint64_t>* filter, bool exact) const {
  RETURN_IF_ERROR(CheckVector(query, options_.dimensions));
  if (k > kMaxHits) return absl::InvalidArgumentError(absl::StrCat("at most ", kMaxHits, " neighbours at once"));
  base::ReaderLock lock(mutex_);
  const VectorRows::Query prepared = rows_.Prepare(query);
  const Allowed allowed(rows_.there(), filter);
  const size_t count = filter == nullptr ? rows_.size() : allowed.Count();
  // A graph that is still being built, or serves hardly more rows than the filter leaves, is no help.
  const bool scan =
      exact || graph_.size() <= 2 * pending_.size() || (filter != nullptr && count <= options_.scan_filtered);
  return scan ? ScanRows(rows_, prepared, allowed, k) : SearchGraph(prepared, k, filter);
}

absl::StatusOr<std::vector<VectorHit>> VectorIndex::Nearest(absl::Span<const float> query, size_t k,
                                                            const std::vector<uint64_t>* allowed) const {
  return Find(query, k, allowed, false);
}

absl::StatusOr<std::vector<VectorHit>> VectorIndex::NearestExact(absl::Span<const float> query, size_t k,
                                                                 const std::vector<uint64_t>* allowed) const {
  return Find(query, k, allowed, true);
}

absl::Status VectorIndex::Score(absl::Span<const float> query, absl::Span<const uint32_t> rows,
                                absl::Span<float> scores) const {
  RETURN_IF_ERROR(CheckVector(query, options_.dimensions));
  if (rows.size() != scores.size()) return absl::InvalidArgumentError("give a score for each row");
  base::ReaderLock lock(mutex_);
  const VectorRows::Query prepared = rows_.Prepare(query);
  for (size_t i = 0; i < rows.size(); ++i) scores[i] = rows_.Has(rows[i]) ? rows_.FullDot(prepared, rows[i]) : 0;
  return absl::OkStatus();
}

size_t VectorIndex::size() const {
  base::ReaderLock lock(mutex_);
  return rows_.size();
}

size_t VectorIndex::pending() const {
  base::ReaderLock lock(mutex_);
  return pending_.size();
}

bool VectorIndex::has_graph() const {
  base::ReaderLock lock(mutex_);
  return graph_.size() > 0;
}

size_t VectorIndex::MemoryBytes() const {
  base::ReaderLock lock(mutex_);
  return rows_.MemoryBytes() + graph_.MemoryBytes();
}

std::string VectorIndex::Save() const {
  base::ByteWriter out;
  {
    base::ReaderLock lock(mutex_);
    rows_.Save(out);
    graph_.Save(out);
    out.Array(std::vector<uint32_t>(pending_.begin(), pending_.end()));
  }
  std::string bytes = absl::StrCat(kMagic, out.bytes());
  return bytes + base::Sha256(bytes);
}

absl::StatusOr<std::unique_ptr<VectorIndex>> VectorIndex::Load(absl::string_view bytes, const VectorOptions& options) {
  RETURN_IF_ERROR(CheckOptions(options));
  if (bytes.substr(0, kMagic.size()) != kMagic) return absl::InvalidArgumentError("these bytes are no vectors");
  if (bytes.size() < kMagic.size() + kChecksumBytes) return absl::DataLossError("the vectors are cut");
  const absl::string_view body = bytes.substr(0, bytes.size() - kChecksumBytes);
  if (base::Sha256(body) != bytes.substr(body.size())) {
    return absl::DataLossError("the vectors' checksum differs: cut or changed");
  }
  base::ByteReader in(body.substr(kMagic.size()));
  std::unique_ptr<VectorIndex> out(new VectorIndex(options));
  base::WriterLock lock(out->mutex_);
  out->rows_.Load(in);
  out->graph_.Load(in, out->rows_.rows());
  for (const uint32_t row : in.Array<uint32_t>()) {
    in.Require(out->rows_.Has(row), "a waiting row is not there");
    out->pending_.insert(row);
  }
  in.Require(in.AtEnd(), "there are bytes behind the vectors");
  if (!in.status().ok()) return in.status();
  return out;
}

}  // namespace kontor::search
