#include "libs/domain/search/vector_graph.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <thread>
#include <utility>

#include "libs/domain/search/fold.h"

namespace kontor::search {
namespace {

// Heaps: the best, or the worst, in front. Equal scores go by row, the lower being better.
bool Better(const GraphHit& a, const GraphHit& b) { return a.score != b.score ? a.score > b.score : a.row < b.row; }
bool Worse(const GraphHit& a, const GraphHit& b) { return Better(b, a); }

// Which rows a search has met. One for each thread, as long as the graph.
class Visited {
 public:
  static Visited& Cleared(size_t rows) {
    thread_local Visited visited;
    if (visited.marks_.size() < rows) visited.marks_.resize(rows, 0);
    if (++visited.round_ == 0) {
      std::fill(visited.marks_.begin(), visited.marks_.end(), uint16_t{0});
      visited.round_ = 1;
    }
    return visited;
  }
  bool Meet(uint32_t row) {
    if (marks_[row] == round_) return false;
    marks_[row] = round_;
    return true;
  }

 private:
  std::vector<uint16_t> marks_;
  uint16_t round_ = 0;
};

// Calls each(i) for every i < count; what it does for one i may not touch what it does for another.
template <typename Each>
void InParallel(size_t count, int threads, Each each) {
  constexpr size_t kWorthIt = 8;
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i = next++; i < count; i = next++) each(i);
  };
  std::vector<std::thread> others;
  for (int i = 1; i < threads && count >= kWorthIt; ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
}

}  // namespace

int VectorGraph::LevelOf(uint32_t row) const {
  const double u = (static_cast<double>(FoldOf(row, options_.seed, uint64_t{1} << 53)) + 1) * 0x1.0p-53;
  return std::min(kMaxLevel, static_cast<int>(-std::log(u) / std::log(static_cast<double>(options_.links))));
}

absl::Span<const uint32_t> VectorGraph::Links(uint32_t row, int level) const {
  if (level == 0) {
    const uint32_t* list = lowest_[row / kBlockRows].get() + size_t{row % kBlockRows} * (Room(0) + 1);
    return {list + 1, list[0]};
  }
  const auto found = upper_.find(row);
  if (found == upper_.end() || found->second.size() < static_cast<size_t>(level)) return {};
  return found->second[static_cast<size_t>(level) - 1];
}

void VectorGraph::Grow(uint32_t rows) {
  if (linked_.size() < rows) linked_.resize(rows, false);
  while (lowest_.size() * kBlockRows < rows) {
    lowest_.push_back(std::make_unique<uint32_t[]>(kBlockRows * (Room(0) + 1)));
  }
}

void VectorGraph::Write(const Change& change) {
  if (change.level == 0) {
    uint32_t* list = lowest_[change.row / kBlockRows].get() + size_t{change.row % kBlockRows} * (Room(0) + 1);
    list[0] = static_cast<uint32_t>(change.links.size());
    std::copy(change.links.begin(), change.links.end(), list + 1);
    return;
  }
  Upper& upper = upper_[change.row];
  if (upper.size() < change.level) upper.resize(change.level);
  upper[change.level - size_t{1}] = change.links;
}

// The nearest row that a greedy walk finds from the top down to above a level.
template <typename Score>
uint32_t VectorGraph::Descend(Score score, int down_to) const {
  uint32_t at = entry_;
  float best = score(at);
  for (int level = top_; level > down_to; --level) {
    for (bool moved = true; moved;) {
      moved = false;
      for (const uint32_t row : Links(at, level)) {
        if (const float other = score(row); other > best) {
          best = other;
          at = row;
          moved = true;
        }
      }
    }
  }
  return at;
}

template <typename Score>
void VectorGraph::SearchLevel(Score score, const VectorRows& vectors, uint32_t entry, size_t width, int level,
                              absl::FunctionRef<bool(uint32_t)> accepts, std::vector<GraphHit>& hits) const {
  Visited& visited = Visited::Cleared(linked_.size());
  std::vector<GraphHit> open = {{score(entry), entry}};
  std::vector<uint32_t> fresh;
  hits.clear();
  visited.Meet(entry);
  if (accepts(entry)) hits.push_back(open.front());
  while (!open.empty()) {
    std::pop_heap(open.begin(), open.end(), Worse);
    const GraphHit at = open.back();
    open.pop_back();
    if (hits.size() >= width && Worse(at, hits.front())) break;
    fresh.clear();
    for (const uint32_t row : Links(at.row, level)) {
      if (!visited.Meet(row)) continue;
      vectors.Prefetch(row);
      fresh.push_back(row);
    }
    for (const uint32_t row : fresh) {
      const GraphHit hit{score(row), row};
      if (hits.size() >= width && Worse(hit, hits.front())) continue;
      open.push_back(hit);
      std::push_heap(open.begin(), open.end(), Worse);
      if (!accepts(row)) continue;
      hits.push_back(hit);
      std::push_heap(hits.begin(), hits.end(), Better);
      if (hits.size() <= width) continue;
      std::pop_heap(hits.begin(), hits.end(), Better);
      hits.pop_back();
    }
  }
  std::sort(hits.begin(), hits.end(), Better);
}

std::vector<GraphHit> VectorGraph::Search(const VectorRows& vectors, const VectorRows::Query& query, size_t width,
                                          absl::FunctionRef<bool(uint32_t)> accepts) const {
  std::vector<GraphHit> hits;
  if (top_ < 0) return hits;
  const auto score = [&](uint32_t row) { return vectors.Dot(query, row); };
  SearchLevel(score, vectors, Descend(score, 0), width, 0, accepts, hits);
  return hits;
}

std::vector<GraphHit> VectorGraph::Select(const VectorRows& vectors, const std::vector<GraphHit>& candidates,
                                          size_t most) const {
  std::vector<GraphHit> out;
  for (const GraphHit& candidate : candidates) {
    if (out.size() == most) break;
    const bool nearest = std::all_of(out.begin(), out.end(), [&](const GraphHit& kept) {
      return vectors.Dot(candidate.row, kept.row) < candidate.score;
    });
    if (nearest) out.push_back(candidate);
  }
  return out;
}

VectorGraph::Planned VectorGraph::PlanRow(const VectorRows& vectors, absl::Span<const uint32_t> rows,
                                          size_t index) const {
  const uint32_t row = rows[index];
  const int level = LevelOf(row);
  const auto score = [&](uint32_t other) { return vectors.Dot(row, other); };
  Planned out;
  out.links.resize(static_cast<size_t>(level) + 1);
  if (top_ >= 0) {
    uint32_t entry = Descend(score, level);
    const auto accepts = [&](uint32_t other) { return other != row && vectors.Has(other); };
    for (int l = std::min(level, top_); l >= 0; --l) {
      std::vector<GraphHit>& hits = out.links[static_cast<size_t>(l)];
      SearchLevel(score, vectors, entry, options_.build_width, l, accepts, hits);
      if (!hits.empty()) entry = hits.front().row;
    }
  }
  for (size_t before = 0; before < index; ++before) {
    const GraphHit hit{score(rows[before]), rows[before]};
    const int shared = std::min(level, LevelOf(hit.row));
    for (int l = 0; l <= shared; ++l) out.links[static_cast<size_t>(l)].push_back(hit);
  }
  for (std::vector<GraphHit>& hits : out.links) {
    std::sort(hits.begin(), hits.end(), Better);
    // A row that is linked anew and was found as a neighbour already.
    hits.erase(std::unique(hits.begin(), hits.end(), [](const auto& a, const auto& b) { return a.row == b.row; }),
               hits.end());
    hits = Select(vectors, hits, options_.links);
  }
  return out;
}

void VectorGraph::Join(const VectorRows& vectors, absl::Span<const uint32_t> added, Change& change) const {
  std::vector<uint32_t>& links = change.links;
  for (const uint32_t row : added) {
    if (std::find(links.begin(), links.end(), row) == links.end()) links.push_back(row);
  }
  if (links.size() <= Room(change.level)) return;
  std::vector<GraphHit> hits;
  for (const uint32_t row : links) hits.push_back({vectors.Dot(change.row, row), row});
  std::sort(hits.begin(), hits.end(), Better);
  links.clear();
  for (const GraphHit& hit : Select(vectors, hits, Room(change.level))) links.push_back(hit.row);
}

VectorGraph::Plan VectorGraph::PlanLinks(const VectorRows& vectors, absl::Span<const uint32_t> rows,
                                         int threads) const {
  std::vector<Planned> planned(rows.size());
  InParallel(rows.size(), threads, [&](size_t i) { planned[i] = PlanRow(vectors, rows, i); });
  // By (row, level): the list that stands, and who links to it.
  std::map<std::pair<uint32_t, int>, std::pair<std::vector<uint32_t>, std::vector<uint32_t>>> lists;
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t level = 0; level < planned[i].links.size(); ++level) {
      std::vector<uint32_t>& own = lists[{rows[i], static_cast<int>(level)}].first;
      for (const GraphHit& hit : planned[i].links[level]) own.push_back(hit.row);
    }
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t level = 0; level < planned[i].links.size(); ++level) {
      for (const GraphHit& hit : planned[i].links[level]) {
        const auto [at, fresh] = lists.try_emplace({hit.row, static_cast<int>(level)});
        if (fresh) {
          const absl::Span<const uint32_t> links = Links(hit.row, static_cast<int>(level));
          at->second.first.assign(links.begin(), links.end());
        }
        at->second.second.push_back(rows[i]);
      }
    }
  }
  Plan out;
  out.rows.assign(rows.begin(), rows.end());
  std::vector<const std::vector<uint32_t>*> added;
  for (auto& [place, list] : lists) {
    out.changes.push_back({place.first, static_cast<uint8_t>(place.second), std::move(list.first)});
    added.push_back(&list.second);
  }
  InParallel(out.changes.size(), threads, [&](size_t i) { Join(vectors, *added[i], out.changes[i]); });
  return out;
}

void VectorGraph::Apply(const Plan& plan) {
  for (const uint32_t row : plan.rows) {
    Grow(row + 1);
    size_ += !linked_[row];
    linked_[row] = true;
  }
  for (const Change& change : plan.changes) Write(change);
  for (const uint32_t row : plan.rows) {
    if (const int level = LevelOf(row); level > top_) {
      top_ = level;
      entry_ = row;
    }
  }
}

size_t VectorGraph::MemoryBytes() const {
  size_t bytes = lowest_.size() * kBlockRows * (Room(0) + 1) * sizeof(uint32_t) + linked_.size() / 8;
  for (const auto& [row, upper] : upper_) {
    bytes += sizeof(row) + sizeof(upper);
    for (const auto& links : upper) bytes += sizeof(links) + links.capacity() * sizeof(uint32_t);
  }
  return bytes;
}

void VectorGraph::Save(base::ByteWriter& out) const {
  std::vector<uint32_t> rows, lists;
  const auto add = [&](absl::Span<const uint32_t> links) {
    lists.push_back(static_cast<uint32_t>(links.size()));
    lists.insert(lists.end(), links.begin(), links.end());
  };
  for (uint32_t row = 0; row < linked_.size(); ++row) {
    if (!linked_[row]) continue;
    rows.push_back(row);
    for (int level = 0; level <= LevelOf(row); ++level) add(Links(row, level));
  }
  out.Value<uint32_t>(options_.links);
  out.Value<uint64_t>(options_.seed);
  out.Value<uint32_t>(entry_);
  out.Array(rows);
  out.Array(lists);
}

void VectorGraph::Load(base::ByteReader& in, uint32_t rows) {
  *this = VectorGraph(options_);
  options_.links = in.Value<uint32_t>();
  options_.seed = in.Value<uint64_t>();
  in.Require(options_.links >= 4 && options_.links <= 64, "a graph with a number of links that none has");
  const auto entry = in.Value<uint32_t>();
  const std::vector<uint32_t> linked = in.Array<uint32_t>();
  const std::vector<uint32_t> lists = in.Array<uint32_t>();
  in.RequireBelow(linked, rows);
  if (!in.status().ok()) return;
  std::vector<bool> there(rows, false);
  for (const uint32_t row : linked) there[row] = true;
  size_t at = 0;
  for (const uint32_t row : linked) {
    Grow(row + 1);
    for (int level = 0; level <= LevelOf(row); ++level) {
      const size_t count = at < lists.size() ? lists[at++] : Room(level) + 1;
      in.Require(count <= Room(level) && count <= lists.size() - std::min(at, lists.size()), "a list is cut");
      if (!in.status().ok()) return;
      Change change{row, static_cast<uint8_t>(level), {}};
      change.links.assign(lists.begin() + static_cast<ptrdiff_t>(at),
                          lists.begin() + static_cast<ptrdiff_t>(at + count));
      for (const uint32_t link : change.links) {
        in.Require(link < rows && there[link] && LevelOf(link) >= level, "a list names a row that is not linked");
      }
      at += count;
      Write(change);
    }
    size_ += !linked_[row];
    linked_[row] = true;
    if (row == entry) top_ = LevelOf(row);
  }
  entry_ = entry;
  in.Require(at == lists.size() && (linked.empty() || top_ >= 0), "a graph without its entry, or with lists left over");
}

}  // namespace kontor::search
