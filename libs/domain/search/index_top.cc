#include "libs/domain/search/index_top.h"

#include "libs/domain/search/index_ranker.h"

namespace kontor::search {
namespace {

// Where a document is in a list; docs.size() when it is not.
size_t Find(const PostingList& list, uint32_t doc) {
  const size_t at = list.LowerBound(doc, 0);
  return at < list.docs.size() && list.docs[at] == doc ? at : list.docs.size();
}

SlotScore ScoreSlot(const PreparedQuery::PreparedSlot& slot, float factor, const Bm25fTable& table,
                    const Segment& segment, DocRef doc) {
  SlotScore best;
  best.idf = slot.idf;
  const auto& choices = slot.choices[doc.segment];
  for (size_t i = 0; i < choices.size(); ++i) {
    const size_t at = Find(choices[i].list, doc.doc);
    if (at == choices[i].list.docs.size()) continue;
    const Frequencies frequencies = choices[i].list.frequencies[at];
    const float score = factor * choices[i].weight * table.Saturated(frequencies, segment.lengths[doc.doc]);
    if (best.alternative >= 0 && score <= best.score) continue;
    best.score = score;
    best.alternative = static_cast<int>(i);
    best.frequencies = frequencies;
    for (size_t field = 0; field < kFields; ++field) {
      best.fields[field] = table.FieldPart(frequencies, segment.lengths[doc.doc], field);
    }
  }
  return best;
}

}  // namespace

std::vector<Hit> Top(const PreparedQuery& query, const MatchSet& set, const TopOptions& options) {
  Ranker ranker(query, options);
  BestHits best(options.k, options.after);
  for (uint32_t part = 0; part < set.parts.size(); ++part) ranker.Rank(part, &set.parts[part].bits, best);
  return std::move(best).Take();
}

std::vector<Hit> TopAny(const PreparedQuery& query, const TopOptions& options) {
  Ranker ranker(query, options);
  BestHits best(options.k, options.after);
  for (uint32_t part = 0; part < query.view().parts().size(); ++part) ranker.Rank(part, nullptr, best);
  return std::move(best).Take();
}

std::vector<DocScore> ScoreOf(const PreparedQuery& query, const TopOptions& options, absl::Span<const DocRef> docs) {
  const Ranker ranker(query, options);
  std::vector<DocScore> scores;
  for (const DocRef& doc : docs) {
    const Segment& segment = query.view().segment(doc.segment);
    DocScore& score = scores.emplace_back();
    score.slots.resize(query.slots().size());
    score.score = query.slots().empty() ? 1 : 0;
    for (size_t i : ranker.order()) {
      score.slots[i] =
          ScoreSlot(query.slots()[i], SlotFactor(options.bm25f, query.slots()[i].weight, query.slots()[i].idf),
                    ranker.table(), segment, doc);
      score.score += score.slots[i].score;
    }
    score.boost = BoostOf(options.boosts, segment, doc.doc);
    if (options.boosts.any()) score.score *= score.boost;
  }
  return scores;
}

}  // namespace kontor::search
