#include "libs/domain/recommendations/relations.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"

namespace kontor::recommendations {

// Copies each chunk before it is written to for the first time.
class Relations::Editor {
 public:
  explicit Editor(Relations& relations) : relations_(relations) {}

  void Replace(ItemId item, absl::Span<const Stated> stated) {
    std::vector<Relation> before, after;
    for (const Relation& relation : relations_.Of(item)) {
      if (relation.stated) before.push_back(relation);
    }
    for (const Stated& one : stated) {
      if (one.to != item) after.push_back({one.to, one.kind, true});
    }
    std::sort(after.begin(), after.end());
    after.erase(std::unique(after.begin(), after.end()), after.end());
    if (before == after) return;
    for (const Relation& relation : before) Erase(item, relation);
    for (const Relation& relation : after) Insert(item, relation);
  }

 private:
  std::vector<Relation>& At(ItemId item) {
    const size_t chunk = item / kChunk;
    if (relations_.chunks_.size() <= chunk) relations_.chunks_.resize(chunk + 1);
    std::shared_ptr<Chunk>& copy = copies_[chunk];
    if (copy == nullptr) {
      const std::shared_ptr<const Chunk>& last = relations_.chunks_[chunk];
      copy = last == nullptr ? std::make_shared<Chunk>(kChunk) : std::make_shared<Chunk>(*last);
      relations_.chunks_[chunk] = copy;
    }
    return (*copy)[item % kChunk];
  }
  static Relation Reverse(ItemId item, const Relation& relation) { return {item, relation.kind, !relation.stated}; }

  void Erase(ItemId item, const Relation& relation) {
    const auto erase = [](std::vector<Relation>& list, const Relation& one) {
      list.erase(std::lower_bound(list.begin(), list.end(), one));
    };
    erase(At(item), relation);
    erase(At(relation.to), Reverse(item, relation));
  }
  void Insert(ItemId item, const Relation& relation) {
    const auto insert = [](std::vector<Relation>& list, const Relation& one) {
      list.insert(std::lower_bound(list.begin(), list.end(), one), one);
    };
    insert(At(item), relation);
    insert(At(relation.to), Reverse(item, relation));
  }

  Relations& relations_;
  absl::flat_hash_map<size_t, std::shared_ptr<Chunk>> copies_;
};

Relations Relations::With(absl::Span<const Change> changes) const {
  Relations out = *this;
  Editor editor(out);
  for (const auto& [item, stated] : changes) editor.Replace(item, stated);
  return out;
}

absl::Span<const Relation> Relations::Of(ItemId item) const {
  const size_t chunk = item / kChunk;
  if (chunk >= chunks_.size() || chunks_[chunk] == nullptr) return {};
  return (*chunks_[chunk])[item % kChunk];
}

Bits Relations::CompatibleWith(ItemId item, uint32_t items) const {
  Bits bits(WordsFor(items), 0);
  for (const Relation& relation : Of(item)) {
    const bool fits = relation.kind == RelationKind::kAccessoryOf || relation.kind == RelationKind::kCompatibleWith;
    if (fits && relation.to < items) SetBit(bits, relation.to, true);
  }
  return bits;
}

}  // namespace kontor::recommendations
