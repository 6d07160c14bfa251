/** Where a cell's section stands: by its index, since names of cells hold any letters. */
export const anchorOf = (cell: number): string => `cell-${cell + 1}`;
