// A list from which one entry is chosen, by the pattern "listbox" of WAI-ARIA: it is one stop of the Tab key; arrows, Home and
// End go through it, and Enter or Space chooses. <https://www.w3.org/WAI/ARIA/apg/patterns/listbox/>
//
// It is told anew each second, with a thousand entries perhaps. So rows are kept and changed, never made again.

const PAGE = 10;

export class ListBox {
  /** `keyOf` tells items apart, `Row` shows one, and `choose` is called with the one that was chosen. */
  constructor(element, keyOf, Row, choose) {
    Object.assign(this, { element, keyOf, Row, choose });
    this.rows = new Map();
    // The keys of the row that the Tab key comes to, and of the chosen one.
    this.current = null;
    this.selected = null;
    element.addEventListener("click", (event) => this.onClick(event));
    element.addEventListener("keydown", (event) => this.onKey(event));
    element.addEventListener("focusin", (event) => this.onFocus(event));
  }

  /** Shows these items, in this order. `context` is for the rows. */
  update(items, context) {
    const keys = new Set(items.map(this.keyOf));
    const heir = this.removeAllBut(keys);
    let place = this.element.firstChild;
    for (const item of items) {
      const element = this.rowOf(item, context).element;
      // Rows that are in their place stay there: moving one costs a layout.
      if (element === place) place = place.nextSibling;
      else this.element.insertBefore(element, place);
    }
    if (!this.rows.has(this.current)) this.makeCurrent(heir ?? this.element.firstChild?.dataset.key);
    if (heir) this.rows.get(heir)?.element.focus();
    this.element.hidden = items.length === 0;
  }

  rowOf(item, context) {
    const key = this.keyOf(item);
    let row = this.rows.get(key);
    if (!row) {
      row = new this.Row(item);
      row.element.dataset.key = key;
      row.element.setAttribute("aria-selected", key === this.selected);
      row.element.tabIndex = -1;
      this.rows.set(key, row);
    }
    row.update(item, context);
    return row;
  }

  /** Removes rows. If one of them has the focus, it returns the key of the one that gets it. */
  removeAllBut(keys) {
    let heir = null;
    for (const [key, row] of this.rows) {
      if (keys.has(key)) continue;
      if (row.element === document.activeElement) heir = this.neighbour(row.element, keys);
      row.element.remove();
      this.rows.delete(key);
    }
    return heir;
  }

  /** The key of the next row that stays, or else of the one before. */
  neighbour(element, keys) {
    for (const way of ["nextElementSibling", "previousElementSibling"]) {
      for (let it = element[way]; it; it = it[way]) if (keys.has(it.dataset.key)) return it.dataset.key;
    }
    return null;
  }

  /** Marks the chosen one, wherever it is. */
  select(key) {
    this.rows.get(this.selected)?.element.setAttribute("aria-selected", false);
    this.selected = key;
    this.rows.get(key)?.element.setAttribute("aria-selected", true);
  }

  makeCurrent(key) {
    const old = this.rows.get(this.current);
    if (old) old.element.tabIndex = -1;
    this.current = key ?? null;
    const row = this.rows.get(this.current);
    if (row) row.element.tabIndex = 0;
  }

  onClick(event) {
    const element = event.target.closest("[role=option]");
    if (element) this.chooseRow(element);
  }

  onFocus(event) {
    const element = event.target.closest("[role=option]");
    if (element) this.makeCurrent(element.dataset.key);
  }

  chooseRow(element) {
    element.focus();
    this.choose(this.rows.get(element.dataset.key).item);
  }

  onKey(event) {
    const here = event.target.closest("[role=option]");
    if (!here || event.ctrlKey || event.altKey || event.metaKey) return;
    const all = this.element.children;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE, Home: -all.length, End: all.length }[event.key];
    if (step !== undefined) {
      const at = Array.prototype.indexOf.call(all, here) + step;
      all[Math.max(0, Math.min(all.length - 1, at))].focus();
    } else if (event.key === "Enter" || event.key === " ") {
      this.chooseRow(here);
    } else {
      return;
    }
    event.preventDefault();
  }
}
