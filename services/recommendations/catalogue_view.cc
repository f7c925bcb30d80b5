#include "services/recommendations/catalogue_view.h"

namespace kontor::recommendations {

void CatalogueView::Apply(const ProductSnapshot& product) {
  base::WriterLock lock(mutex_);
  Row& row = rows_[product.product];
  if (product.revision <= row.revision) return;
  if (product.removed != row.removed) {
    if (product.removed) {
      removed_.insert(product.product);
    } else {
      removed_.erase(product.product);
    }
    ++removals_;
  }
  row.revision = product.revision;
  row.removed = product.removed;
  if (product.removed) return;  // keeps the title for reasons that name it
  row.title = product.title;
  row.category = nullptr;
  if (product.category_path.empty()) return;
  std::unique_ptr<const std::string>& category = categories_[product.category_path.front()];
  if (category == nullptr) category = std::make_unique<const std::string>(product.category_path.front());
  row.category = category.get();
}

ProductText CatalogueView::Find(absl::string_view product) const {
  base::ReaderLock lock(mutex_);
  const auto found = rows_.find(product);
  if (found == rows_.end()) return {};
  return {found->second.title, found->second.category == nullptr ? "" : *found->second.category};
}

std::string CatalogueView::NameOf(absl::string_view product) const {
  base::ReaderLock lock(mutex_);
  const auto found = rows_.find(product);
  return found == rows_.end() || found->second.title.empty() ? std::string(product) : found->second.title;
}

uint64_t CatalogueView::removals() const {
  base::ReaderLock lock(mutex_);
  return removals_;
}

std::vector<std::string> CatalogueView::Removed() const {
  base::ReaderLock lock(mutex_);
  return {removed_.begin(), removed_.end()};
}

}  // namespace kontor::recommendations
