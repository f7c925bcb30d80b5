#include "libs/domain/search/engine.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "libs/domain/search/engine_prepare.h"
#include "libs/domain/search/margin_order.h"
#include "libs/domain/search/window.h"

namespace kontor::search {
namespace {

constexpr double kExactLead =
    10;  // of an exact match before others, on the scale of scores: more than any factor of a rule

// A score may be negative; its exponential is not, and a factor on it moves a product all the same. Finite.
double WeightOf(double score) { return std::exp(std::min(score, 600.0)); }

// A place of a list: what it weighs there, and whether it has to stay.
struct Listed {
  Found found;
  double weight = 0;
  bool fixed = false;
};

// Everything between the question and the page.
class Asking {
 public:
  Asking(const EngineParts& parts, const EngineSettings& settings, const Question& question)
      : parts_(parts), settings_(settings), question_(question), view_(*parts.view) {}

  GatheredAnswer RunGathered(PreparedQuestion prepared, GatheredSet gathered) {
    Take(std::move(prepared));
    Take(gathered);
    const PreparedQuery query(view_, answer_.reading.understood.lexical, gathered.document_frequencies);
    const MatchSet set = MatchSet::All(view_);
    const Window window = RankWindow(InputOf(query), set);
    const std::vector<Listed> list = RankList(window, set);
    GatheredAnswer out;
    for (const Listed& listed : list) out.listed.push_back(KeyOf(listed.found.doc));
    TakePage(list);
    out.answer = std::move(answer_);
    return out;
  }

  RankRows GatheredRows(PreparedQuestion prepared, GatheredSet gathered) {
    Take(std::move(prepared));
    Take(gathered);
    const PreparedQuery query(view_, answer_.reading.understood.lexical, gathered.document_frequencies);
    return RowsOfWindow(query, MatchSet::All(view_));
  }

  Answer Run() {
    Take(Prepare(parts_, question_));
    const PreparedQuery query(view_, answer_.reading.understood.lexical);
    MatchSet set = Match(query, answer_.filters, question_.match);
    answer_.all_words = set.count_all;
    answer_.dropped_words = DroppedWords(query, set);
    JoinNeighbours(query, set);
    set.Include(query, Pinned());
    answer_.total = question_.group_variants ? CountGroups(view_, set) : set.count;
    CountEverything(set);
    if (question_.sort.has_value()) {
      SortPage(set);
    } else {
      RankPage(query, set);
    }
    return std::move(answer_);
  }

  RankRows Rows() {
    Take(Prepare(parts_, question_));
    const PreparedQuery query(view_, answer_.reading.understood.lexical);
    MatchSet set = Match(query, answer_.filters, question_.match);
    JoinNeighbours(query, set);
    return RowsOfWindow(query, set);
  }

 private:
  void Take(PreparedQuestion prepared) {
    answer_.plan = std::move(prepared.plan);
    answer_.reading = std::move(prepared.reading);
    answer_.filters = std::move(prepared.filters);
    pinned_ = std::move(prepared.pinned);
  }

  void Take(GatheredSet& set) {
    answer_.total = set.total;
    answer_.all_words = set.all_words;
    answer_.dropped_words = set.dropped_words;
    answer_.facets = std::move(set.facets);
    answer_.ranges = std::move(set.ranges);
    vectors_ = std::move(set.vectors);
  }

  RankRows RowsOfWindow(const PreparedQuery& query, const MatchSet& set) {
    const WindowInput input = InputOf(query);
    Window window = RankWindow(input, set);
    RankRows rows;
    rows.rows = RowsOf(input, absl::MakeSpan(window.entries));
    for (const WindowEntry& entry : window.entries) {
      rows.docs.push_back(entry.doc);
      rows.sequences.push_back(entry.sequence);
    }
    return rows;
  }

  WindowInput InputOf(const PreparedQuery& query) const {
    return {parts_, settings_, question_, answer_.reading, query, vectors_, neighbours_};
  }

  bool curated() const { return Curated(parts_, question_, answer_.plan); }

  std::vector<DocRef> Pinned() const {
    std::vector<DocRef> docs;
    for (const std::string& id : pinned_) {
      if (const auto doc = view_.Find(id)) docs.push_back(*doc);
    }
    return docs;
  }

  uint32_t DroppedWords(const PreparedQuery& query, const MatchSet& set) const {
    uint32_t unknown = 0;
    for (const auto& slot : query.slots()) unknown += slot.document_frequency == 0 ? 1 : 0;
    return std::min<uint32_t>(set.level + unknown, static_cast<uint32_t>(query.slots().size()));
  }

  // The rows of products that the filters leave, for the search of vectors; false: all of them.
  bool AllowedRows(const MatchSet& all, std::vector<uint64_t>& rows) const {
    if (all.filters.empty()) return false;
    for (uint32_t part = 0; part < all.parts.size(); ++part) {
      const std::vector<uint32_t>& row_of = view_.segment(part).row;
      ForEachBit(all.parts[part].bits, [&](uint32_t doc) {
        const uint32_t row = row_of[doc];
        if (rows.size() <= row / 64) rows.resize(row / 64 + 1);
        SetBit(absl::MakeSpan(rows), row);
      });
    }
    return true;
  }

  void JoinNeighbours(const PreparedQuery& query, MatchSet& set) {
    vectors_ = VectorsOf(parts_, question_, answer_.reading);
    // Where the window is full of products that have every word, there is nothing to add.
    if (vectors_.empty() || answer_.all_words >= settings_.window) return;
    std::vector<uint64_t> rows;
    const bool filtered = AllowedRows(Match(PreparedQuery(view_, {}), answer_.filters, {MatchPolicy::kAll, 0}), rows);
    const std::vector<uint64_t>* allowed = filtered ? &rows : nullptr;
    const Meaning& meaning = *parts_.meaning;
    Join(meaning.catalogue_vectors.get(), settings_.least_catalogue_cosine, allowed, vectors_.catalogue);
    Join(meaning.sentence_vectors.get(), settings_.least_sentence_cosine, allowed, vectors_.sentence);
    set.Include(query, neighbours_);
  }

  // The nearest of one kind.
  void Join(const VectorIndex* vectors, float least, const std::vector<uint64_t>* allowed, std::vector<float>& vector) {
    if (vector.empty()) return;
    const auto nearest = vectors->Nearest(vector, settings_.neighbours, allowed);
    if (!nearest.ok() || nearest->empty()) return vector.clear();
    vectors_.best_cosine = nearest->front().score;
    for (const VectorHit& hit : *nearest) {
      if (hit.score < least) break;
      if (const auto doc = view_.FindRow(hit.row)) neighbours_.push_back(*doc);
    }
  }

  void CountEverything(const MatchSet& set) {
    std::vector<FacetSpec> facets = question_.facets;
    std::vector<RangeSpec> ranges = question_.ranges;
    if (question_.useful_facets > 0) {
      for (const FacetUse& use : UsefulFacets(view_, set, question_.useful_facets)) {
        const auto same = [&](const FacetSpec& spec) { return spec.property == use.property; };
        if (std::none_of(facets.begin(), facets.end(), same)) facets.push_back({use.property});
      }
    }
    answer_.facets = CountFacets(view_, set, facets);
    answer_.ranges = CountRanges(view_, set, ranges);
  }

  void SortPage(const MatchSet& set) {
    const Cursor from = question_.cursor.value_or(Cursor());
    const std::optional<SortPosition> after =
        question_.cursor.has_value() ? std::optional(from.after_sort) : std::nullopt;
    const std::vector<SortedHit> hits = question_.group_variants
                                            ? SortedGroups(view_, set, *question_.sort, question_.page_size, after)
                                            : SortedPage(view_, set, *question_.sort, question_.page_size, after);
    for (const SortedHit& hit : hits) answer_.page.push_back({hit.doc});
    if (hits.empty() || from.offset + hits.size() >= answer_.total) return;
    answer_.next = Cursor{from.offset + hits.size(), {}, hits.back().position};
  }

  bool InFilter(absl::string_view product, absl::string_view text) {
    const Filter* filter = NamedFilter(parts_, text);
    const auto doc = view_.Find(product);
    if (filter == nullptr || !doc.has_value()) return false;
    auto& bits = filter_bits_[std::string(text)];
    if (bits.empty()) bits.resize(view_.parts().size());
    Bits& part = bits[doc->segment];
    const Segment& segment = view_.segment(doc->segment);
    if (part.empty()) part = Evaluate(*filter, segment, view_.values(), AllBits(segment.documents));
    return TestBit(part, doc->doc);
  }

  // The window as the rules have it.
  std::vector<Listed> Curate(const Window& window, const MatchSet& set) {
    std::vector<Listed> list;
    if (!curated()) {
      for (const WindowEntry& entry : window.entries) {
        list.push_back({{entry.doc, entry.score}, WeightOf(entry.score), entry.exact});
      }
      return list;
    }
    std::vector<RankedProduct> ranked;
    std::map<std::string, const WindowEntry*, std::less<>> entries;
    for (const WindowEntry& entry : window.entries) {
      ranked.push_back({std::string(view_.Id(entry.doc)), WeightOf(entry.score + (entry.exact ? kExactLead : 0))});
      entries.emplace(ranked.back().id, &entry);
    }
    const CuratedList curated = parts_.curation->Apply(
        answer_.plan, ranked,
        [this](absl::string_view product, absl::string_view filter) { return InFilter(product, filter); },
        [&](absl::string_view product) {
          const auto doc = view_.Find(product);
          return doc.has_value() && set.Contains(*doc);
        });
    for (const CuratedProduct& product : curated.products) {
      const auto entry = entries.find(product.id);
      const bool brought = entry == entries.end();  // by a pin
      list.push_back({{*view_.Find(product.id), brought ? 0 : entry->second->score},
                      product.score,
                      product.pinned || brought || entry->second->exact});
    }
    answer_.trace = curated.trace;
    return list;
  }

  std::string KeyOf(DocRef doc) const { return GroupKey(view_.Id(doc), view_.GroupId(doc), question_.group_variants); }

  void TradeForMargin(std::vector<Listed>& list) {
    const size_t size = std::min(question_.page_size, list.size());
    std::vector<MarginItem> items;
    MarginTrade trade;
    for (size_t i = 0; i < size; ++i) {
      const LiveValues live = view_.Live(list[i].found.doc);
      const double margin = static_cast<double>(std::max<int64_t>(live.price_micros, 0)) * live.margin_share;
      trade.without_margin += margin > 0 ? 0 : 1;
      items.push_back({list[i].weight, live.stock == 0 ? 0 : margin, list[i].fixed});
    }
    const MarginOrder order = OrderByMargin(items, question_.max_relevance_loss);
    std::vector<Listed> traded;
    for (size_t i = 0; i < size; ++i) {
      traded.push_back(list[order.order[i]]);
      trade.moved += order.order[i] == i ? 0 : 1;
    }
    std::copy(traded.begin(), traded.end(), list.begin());
    trade.relevance_loss = order.relevance_loss;
    trade.margin_before = order.margin_before;
    trade.margin_after = order.margin_after;
    answer_.margin_trade = trade;
  }

  // Behind the window by words alone, without what the window has.
  void AddTail(const PreparedQuery& query, const MatchSet& set, const std::vector<Listed>& list, RankPosition after) {
    if (answer_.page.size() >= question_.page_size) return;
    absl::flat_hash_set<std::string> shown;
    for (const Listed& listed : list) shown.insert(KeyOf(listed.found.doc));
    TopOptions options;
    options.bm25f = settings_.bm25f;
    options.boosts = settings_.boosts;
    options.boosts.now_us = question_.now_us;
    while (answer_.page.size() < question_.page_size) {
      options.k = question_.page_size - answer_.page.size() + 1;
      options.after = after;
      const std::vector<Hit> hits =
          question_.group_variants ? TopGroups(query, set, options) : Top(query, set, options);
      if (hits.empty()) return;
      for (const Hit& hit : hits) {
        if (answer_.page.size() == question_.page_size) break;
        after = {hit.score, hit.sequence};
        if (!shown.contains(KeyOf(hit.doc))) answer_.page.push_back({hit.doc, hit.score});
      }
      tail_at_ = after;
    }
  }

  std::vector<Listed> RankList(const Window& window, const MatchSet& set) {
    answer_.effort = window.effort;
    std::vector<Listed> list = Curate(window, set);
    if (question_.max_relevance_loss > 0) TradeForMargin(list);
    return list;
  }

  void TakePage(const std::vector<Listed>& list) {
    const size_t from = question_.cursor.has_value() ? question_.cursor->offset : 0;
    for (size_t i = from; i < list.size() && answer_.page.size() < question_.page_size; ++i) {
      answer_.page.push_back(list[i].found);
    }
  }

  void RankPage(const PreparedQuery& query, const MatchSet& set) {
    const Window window = RankWindow(InputOf(query), set);
    const std::vector<Listed> list = RankList(window, set);
    TakePage(list);
    const Cursor from = question_.cursor.value_or(Cursor());
    tail_at_ = from.offset > list.size() ? from.after_rank : window.last;
    if (!window.whole) AddTail(query, set, list, tail_at_);
    const uint64_t end = from.offset + answer_.page.size();
    if (!answer_.page.empty() && end < answer_.total) answer_.next = Cursor{end, tail_at_, {}};
  }

  const EngineParts& parts_;
  const EngineSettings& settings_;
  const Question& question_;
  const IndexView& view_;
  Answer answer_;
  std::vector<std::string> pinned_;
  QueryVectors vectors_;
  std::vector<DocRef> neighbours_;
  RankPosition tail_at_;
  std::map<std::string, std::vector<Bits>, std::less<>> filter_bits_;  // by segment
};

}  // namespace

std::string GroupKey(absl::string_view id, absl::string_view group, bool group_variants) {
  if (group_variants && !group.empty()) return absl::StrCat("g\n", group);
  return absl::StrCat("p\n", id);
}

GatheredAnswer AskGathered(const EngineParts& parts, const EngineSettings& settings, const Question& question,
                           PreparedQuestion prepared, GatheredSet set) {
  return Asking(parts, settings, question).RunGathered(std::move(prepared), std::move(set));
}

RankRows RowsForGathered(const EngineParts& parts, const EngineSettings& settings, const Question& question,
                         PreparedQuestion prepared, GatheredSet set) {
  return Asking(parts, settings, question).GatheredRows(std::move(prepared), std::move(set));
}

RankRows RowsFor(const EngineParts& parts, const EngineSettings& settings, const Question& question) {
  return Asking(parts, settings, question).Rows();
}

Answer Ask(const EngineParts& parts, const EngineSettings& settings, const Question& question) {
  return Asking(parts, settings, question).Run();
}

}  // namespace kontor::search
