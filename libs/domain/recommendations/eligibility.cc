#include "libs/domain/recommendations/eligibility.h"

namespace kontor::recommendations {

void Eligibility::Keep(Bits bits, AbsenceCause cause) {
  owned_.push_back(std::make_unique<const Bits>(std::move(bits)));
  KeepBorrowed(*owned_.back(), cause);
}

void Eligibility::Mask(absl::Span<const uint64_t> bits, bool keeps, const Hindrance& why) {
  masks_.push_back({bits, keeps, why});
  if (allowed_.empty()) allowed_ = AllBits(items_);
  for (size_t word = 0; word < allowed_.size(); ++word) {
    const uint64_t of = word < bits.size() ? bits[word] : 0;
    allowed_[word] &= keeps ? of : ~of;
  }
}

std::vector<Hindrance> Eligibility::Causes(ItemId item) const {
  std::vector<Hindrance> causes;
  for (const auto& [named, why] : named_) {
    if (named == item) causes.push_back(why);
  }
  for (const Masked& mask : masks_) {
    if (TestBit(mask.bits, item) != mask.keeps) causes.push_back(mask.why);
  }
  return causes;
}

}  // namespace kontor::recommendations
